package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A mutant is one change of the code.
type mutant struct {
	id   int
	site int // the id of the first mutant at the same place: what the table of hits counts
	key  string
	op   string
	pos  token.Position
	line string // file:line of the original, for people
}

// A site is a place that can be changed, by one mutant or by several.
type site struct {
	first   int
	mutants []mutant
	edits   []edit
	pos     token.Pos
}

// An edit inserts text at an offset, after taking away the cut bytes that follow.
type edit struct {
	off  int
	rank int // at one offset: what ends there, then what is replaced, then what begins
	cut  int
	text string
}

const (
	rankEnd = iota
	rankReplace
	rankBegin
)

// operators in the order of the package comment; the last two are not in the default.
var operators = []string{"boundary", "negation", "arithmetic", "incdec", "negative", "logical", "bitwise", "assign", "condition", "statement"}

var defaultOperators = operators[:8]

// A finder collects the sites of one file.
type finder struct {
	fset  *token.FileSet
	info  *types.Info
	pkg   *types.Package
	src   []byte
	file  *ast.File
	name  string // path of the file below the root, with slashes
	ops   []string
	next  *int
	seen  map[string]int
	sites []site
	fn    string
}

var compares = map[token.Token][3]string{ // helper, boundary, negation
	token.LSS: {"mutantLT", "<=", ">="},
	token.LEQ: {"mutantLE", "<", ">"},
	token.GTR: {"mutantGT", ">=", "<="},
	token.GEQ: {"mutantGE", ">", "<"},
}

var arithmetic = map[token.Token][2]string{ // helper, other operator
	token.ADD: {"mutantAdd", "-"},
	token.SUB: {"mutantSub", "+"},
	token.MUL: {"mutantMul", "/"},
	token.QUO: {"mutantQuo", "*"},
	token.REM: {"mutantRem", "*"},
}

var bitwise = map[token.Token][2]string{
	token.AND:     {"mutantAnd", "|"},
	token.OR:      {"mutantOr", "&"},
	token.XOR:     {"mutantXor", "&"},
	token.AND_NOT: {"mutantAndNot", "&"},
	token.SHL:     {"mutantShl", ">>"},
	token.SHR:     {"mutantShr", "<<"},
}

// find walks the file.
func (f *finder) find() {
	for _, d := range f.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body == nil {
				continue
			}
			f.fn = funcName(d)
			f.walk(d.Body)
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				f.fn = "var"
				for _, s := range d.Specs {
					for _, v := range s.(*ast.ValueSpec).Values {
						f.walk(v)
					}
				}
			}
		}
	}
}

func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if x, ok := t.(*ast.IndexExpr); ok {
		t = x.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

func (f *finder) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR
		case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.StructType, *ast.InterfaceType, *ast.FuncType:
			return false // lengths are constants
		case *ast.BinaryExpr:
			f.binary(n)
			if n.Op == token.LAND || n.Op == token.LOR {
				f.condition(n.X)
				f.condition(n.Y)
			}
		case *ast.UnaryExpr:
			f.unary(n)
		case *ast.IncDecStmt:
			f.incDec(n)
		case *ast.AssignStmt:
			f.assign(n)
		case *ast.IfStmt:
			f.condition(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				f.condition(n.Cond)
			}
		case *ast.BlockStmt:
			f.statements(n.List)
		case *ast.CaseClause:
			f.statements(n.Body)
		}
		return true
	})
}

// A change is what one mutant at a site does: under which operator, and what the code would be.
type change struct{ op, after string }

// add notes a site, unless no operator of it is wanted. edits gets the id of its first mutant.
func (f *finder) add(n ast.Node, changes []change, edits func(id int) []edit) {
	if !slices.ContainsFunc(changes, func(c change) bool { return slices.Contains(f.ops, c.op) }) {
		return
	}
	s := site{first: *f.next, pos: n.Pos()}
	before := f.text(n)
	for i, c := range changes {
		id := s.first + i
		if !slices.Contains(f.ops, c.op) {
			continue
		}
		key := fmt.Sprintf("%s %s: %s: %s => %s", f.name, f.fn, c.op, before, c.after)
		f.seen[key]++
		if k := f.seen[key]; k > 1 {
			key += fmt.Sprintf(" #%d", k)
		}
		pos := f.fset.Position(n.Pos())
		s.mutants = append(s.mutants, mutant{id: id, site: s.first, key: key, op: c.op, pos: pos, line: fmt.Sprintf("%s:%d", f.name, pos.Line)})
	}
	*f.next += len(changes)
	s.edits = edits(s.first)
	f.sites = append(f.sites, s)
}

func (f *finder) off(p token.Pos) int { return f.fset.Position(p).Offset }

// text returns the source of n on one line.
func (f *finder) text(n ast.Node) string { return f.span(n.Pos(), n.End()) }

func (f *finder) span(from, to token.Pos) string {
	return strings.Join(strings.Fields(string(f.src[f.off(from):f.off(to)])), " ")
}

// with returns the source of e with its operator replaced.
func (f *finder) with(e *ast.BinaryExpr, op string) string {
	return f.text(e.X) + " " + op + " " + f.text(e.Y)
}

// call makes the edits that turn "X op Y" into "head X, mid Y tail".
func (f *finder) call(e *ast.BinaryExpr, head, mid, tail string) []edit {
	return []edit{
		{f.off(e.Pos()), rankBegin, 0, head},
		{f.off(e.OpPos), rankReplace, len(e.Op.String()), mid},
		{f.off(e.End()), rankEnd, 0, tail},
	}
}

// wrap makes the edits that put an expression in a call.
func (f *finder) wrap(e ast.Node, head string) []edit {
	return []edit{{f.off(e.Pos()), rankBegin, 0, head}, {f.off(e.End()), rankEnd, 0, ")"}}
}

func (f *finder) constant(e ast.Expr) bool { return f.info.Types[e].Value != nil }

// isBool reports whether e is of type bool itself.
func (f *finder) isBool(e ast.Expr) bool {
	b, ok := types.Unalias(f.info.TypeOf(e)).(*types.Basic)
	return ok && b.Info()&types.IsBoolean != 0
}

// inst returns "[T]" for the type of e where the file can name it.
func (f *finder) inst(t types.Type) string {
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		t = types.Default(t)
	}
	ok := true
	s := types.TypeString(t, func(p *types.Package) string {
		if p == f.pkg {
			return ""
		}
		for _, imp := range f.file.Imports {
			if strings.Trim(imp.Path.Value, `"`) == p.Path() {
				if imp.Name != nil {
					return imp.Name.Name
				}
				return p.Name()
			}
		}
		ok = false
		return p.Name()
	})
	if !ok {
		return ""
	}
	return "[" + s + "]"
}

func basic(t types.Type, info types.BasicInfo) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&info != 0
}

// operand returns the type that both operands of e get.
func (f *finder) operand(e *ast.BinaryExpr) types.Type {
	x, y := f.info.TypeOf(e.X), f.info.TypeOf(e.Y)
	if b, ok := x.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		return y
	}
	return x
}

func (f *finder) binary(e *ast.BinaryExpr) {
	switch e.Op {
	case token.EQL, token.NEQ:
		if f.constant(e) || !f.isBool(e) {
			return
		}
		other := "!="
		if e.Op == token.NEQ {
			other = "=="
		}
		f.add(e, []change{{"negation", f.with(e, other)}}, func(id int) []edit {
			return f.wrap(e, fmt.Sprintf("mutantNot(%d, ", id))
		})
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		if f.constant(e) || !f.isBool(e) {
			return
		}
		c := compares[e.Op]
		f.add(e, []change{{"boundary", f.with(e, c[1])}, {"negation", f.with(e, c[2])}}, func(id int) []edit {
			return f.call(e, fmt.Sprintf("%s%s(%d, ", c[0], f.inst(f.operand(e)), id), ",", ")")
		})
	case token.ADD, token.SUB, token.MUL, token.QUO, token.REM:
		t := f.info.TypeOf(e)
		if !basic(t, types.IsNumeric) || f.constant(e) && basic(t, types.IsUntyped) {
			return
		}
		a := arithmetic[e.Op]
		f.add(e, []change{{"arithmetic", f.with(e, a[1])}}, func(id int) []edit {
			return f.call(e, fmt.Sprintf("%s%s(%d, ", a[0], f.inst(t), id), ",", ")")
		})
	case token.AND, token.OR, token.XOR, token.AND_NOT, token.SHL, token.SHR:
		t := f.info.TypeOf(e)
		if !basic(t, types.IsInteger) || f.constant(e) {
			return
		}
		b := bitwise[e.Op]
		inst := f.inst(t)
		if inst == "" {
			return
		}
		if e.Op == token.SHL || e.Op == token.SHR {
			u := f.inst(f.info.TypeOf(e.Y))
			if u == "" {
				return
			}
			inst = inst[:len(inst)-1] + ", " + u[1:]
		}
		f.add(e, []change{{"bitwise", f.with(e, b[1])}}, func(id int) []edit {
			return f.call(e, fmt.Sprintf("%s%s(%d, ", b[0], inst, id), ",", ")")
		})
	case token.LAND, token.LOR:
		if f.constant(e) || !f.isBool(e) {
			return
		}
		name, other := "mutantAndAlso", "||"
		if e.Op == token.LOR {
			name, other = "mutantOrElse", "&&"
		}
		f.add(e, []change{{"logical", f.with(e, other)}}, func(id int) []edit {
			return f.call(e, fmt.Sprintf("%s(%d, ", name, id), ", func() bool { return (", ") })")
		})
	}
}

func (f *finder) unary(e *ast.UnaryExpr) {
	t := f.info.TypeOf(e)
	if e.Op != token.SUB || !basic(t, types.IsNumeric) || basic(t, types.IsUntyped) {
		return
	}
	inst := f.inst(t)
	if inst == "" {
		return
	}
	f.add(e, []change{{"negative", f.text(e.X)}}, func(id int) []edit {
		return []edit{
			{f.off(e.Pos()), rankBegin, 1, fmt.Sprintf("mutantNeg%s(%d, ", inst, id)},
			{f.off(e.End()), rankEnd, 0, ")"},
		}
	})
}

func (f *finder) incDec(s *ast.IncDecStmt) {
	t := f.info.TypeOf(s.X)
	inst := f.inst(t)
	if inst == "" || !basic(t, types.IsNumeric) {
		return
	}
	op, other := "+=", "--"
	if s.Tok == token.DEC {
		op, other = "-=", "++"
	}
	f.add(s, []change{{"incdec", f.text(s.X) + other}}, func(id int) []edit {
		return []edit{{f.off(s.TokPos), rankReplace, 2, fmt.Sprintf("%s mutantSign%s(%d, 1)", op, inst, id)}}
	})
}

func (f *finder) assign(s *ast.AssignStmt) {
	if s.Tok != token.ADD_ASSIGN && s.Tok != token.SUB_ASSIGN {
		return
	}
	t := f.info.TypeOf(s.Lhs[0])
	inst := f.inst(t)
	if inst == "" || !basic(t, types.IsNumeric) {
		return
	}
	other := "-="
	if s.Tok == token.SUB_ASSIGN {
		other = "+="
	}
	f.add(s, []change{{"assign", f.text(s.Lhs[0]) + " " + other + " " + f.text(s.Rhs[0])}}, func(id int) []edit {
		return f.wrap(s.Rhs[0], fmt.Sprintf("mutantSign%s(%d, ", inst, id))
	})
}

// condition negates a condition that no other operator does.
func (f *finder) condition(e ast.Expr) {
	for {
		p, ok := e.(*ast.ParenExpr)
		if !ok {
			break
		}
		e = p.X
	}
	if _, ok := e.(*ast.BinaryExpr); ok || f.constant(e) || !f.isBool(e) {
		return
	}
	after := "!" + f.text(e)
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.NOT {
		after = f.text(u.X)
	}
	f.add(e, []change{{"condition", after}}, func(id int) []edit { return f.wrap(e, fmt.Sprintf("mutantNot(%d, ", id)) })
}

// statements leaves out calls and assignments.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if c, ok := s.X.(*ast.CallExpr); ok {
				if id, ok := c.Fun.(*ast.Ident); ok && id.Name == "panic" {
					continue
				}
			}
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
			if id, ok := s.Lhs[0].(*ast.Ident); ok && id.Name == "_" {
				continue
			}
		default:
			continue
		}
		f.add(s, []change{{"statement", "nothing"}}, func(id int) []edit {
			return []edit{
				{f.off(s.Pos()), rankBegin, 0, fmt.Sprintf("if !mutantOn(%d) { ", id)},
				{f.off(s.End()), rankEnd, 0, " }"},
			}
		})
	}
}

// render returns src with the edits of all sites made. Edits at the same place keep the order: outer expressions
// begin first and end last.
func render(src []byte, sites []site) []byte {
	type ranked struct {
		edit
		seq int
	}
	var all []ranked
	n := 0
	for _, s := range sites {
		for _, e := range s.edits {
			n++
			seq := n
			if e.rank == rankEnd {
				seq = -n
			}
			all = append(all, ranked{e, seq})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		switch {
		case a.off != b.off:
			return a.off - b.off
		case a.rank != b.rank:
			return a.rank - b.rank
		}
		return a.seq - b.seq
	})
	var out bytes.Buffer
	at := 0
	for _, e := range all {
		out.Write(src[at:e.off])
		out.WriteString(e.text)
		at = e.off + e.cut
	}
	out.Write(src[at:])
	return out.Bytes()
}
