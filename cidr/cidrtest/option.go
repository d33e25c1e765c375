package cidrtest

import "slices"

// An Option says which cases are run. A nil Option changes nothing.
type Option func(*options)

type options struct {
	without, with []Rule
	stacks        []Stack
	skip          []string
	cases         []Case
	generated     int
}

// generatedByDefault is how many generated cases are run where [Generated] does not say.
const generatedByDefault = 200

func makeOptions(opts []Option) *options {
	o := &options{generated: generatedByDefault}
	for _, f := range opts {
		if f != nil {
			f(o)
		}
	}
	return o
}

// Without leaves out the cases of the given rules, because the project does not decide them.
func Without(rules ...Rule) Option {
	return func(o *options) { o.without = append(o.without, rules...) }
}

// With adds the cases of rules that are off by default: [RuleHostBits], [RuleNodeCountIPv4] and [RuleOneNode].
func With(rules ...Rule) Option {
	return func(o *options) { o.with = append(o.with, rules...) }
}

// Only leaves out clusters of all stacks but the given ones: Only(IPv4) is for a project without IPv6. Cases without
// any valid range are kept.
func Only(stacks ...Stack) Option {
	return func(o *options) { o.stacks = append(o.stacks, stacks...) }
}

// Skip leaves out the cases of the given names.
func Skip(names ...string) Option {
	return func(o *options) { o.skip = append(o.skip, names...) }
}

// Add adds cases of the project's own for its validator. The other options apply to them, too.
func Add(cases ...Case) Option {
	return func(o *options) { o.cases = append(o.cases, cases...) }
}

// Generated sets how many generated cases are run beside the listed ones, 200 by default. They are the same each time.
// A negative n is none.
func Generated(n int) Option {
	return func(o *options) { o.generated = max(n, 0) }
}

func (o *options) takes(name string, rule Rule, stack Stack) bool {
	return !slices.Contains(o.skip, name) && !slices.Contains(o.without, rule) &&
		(!rule.optional() || slices.Contains(o.with, rule)) &&
		(len(o.stacks) == 0 || stack == "" || slices.Contains(o.stacks, stack))
}
