package jsonscan

// Skip reads the next value and drops it.
func (s *Scanner) Skip() error {
	if s.err != nil {
		return s.err
	}
	s.pending = false
	outer := len(s.stack)
	for {
		c, ok := s.next()
		if !ok {
			return s.end()
		}
		var err error
		first := false
		switch c {
		case '{', '[':
			err, first = s.push(c), true
		case '"':
			err = s.skipString()
		case 't':
			err = s.literal("true")
		case 'f':
			err = s.literal("false")
		case 'n':
			err = s.literal("null")
		default:
			err = s.number(nil)
		}
		if err != nil {
			return err
		}
		for {
			if len(s.stack) == outer {
				return nil
			}
			more, err := s.member(first)
			if err != nil {
				return err
			}
			if more {
				break
			}
			first = false
		}
		if s.stack[len(s.stack)-1] == '{' {
			if err := s.skipString(); err != nil {
				return err
			}
			if err := s.colon(); err != nil {
				return err
			}
		}
	}
}

// SkipLine drops the rest of a line that is no JSON, before the first value.
func (s *Scanner) SkipLine() {
	for {
		c, ok := s.peek()
		if !ok {
			return
		}
		s.pos++
		if c == '\n' {
			s.line++
			s.bol = s.base + int64(s.pos)
			return
		}
	}
}
