package jsonscan

func (s *Scanner) literal(word string) error {
	for i := range len(word) {
		c, ok := s.peek()
		if !ok {
			return s.end()
		}
		if c != word[i] {
			return s.unexpected(c, "the word "+word)
		}
		s.pos++
	}
	return nil
}

// number reads a number and appends its text to *dst, unless dst is nil.
func (s *Scanner) number(dst *[]byte) error {
	c, ok := s.peek()
	if ok && c == '-' {
		if err := s.take(dst); err != nil {
			return err
		}
		if c, ok = s.peek(); !ok {
			return s.end()
		}
	} else if c < '0' || c > '9' {
		return s.unexpected(c, "a value")
	}
	if c == '0' {
		if err := s.take(dst); err != nil {
			return err
		}
	} else if err := s.digits(dst, "a digit"); err != nil {
		return err
	}
	if c, ok := s.peek(); ok && c == '.' {
		if err := s.take(dst); err != nil {
			return err
		}
		if err := s.digits(dst, "a digit after the point"); err != nil {
			return err
		}
	}
	if c, ok := s.peek(); !ok || c|0x20 != 'e' {
		return nil
	}
	if err := s.take(dst); err != nil {
		return err
	}
	if c, ok := s.peek(); ok && (c == '+' || c == '-') {
		if err := s.take(dst); err != nil {
			return err
		}
	}
	return s.digits(dst, "a digit of the exponent")
}

// take passes over a byte of a number, and appends it to *dst, unless dst is nil.
func (s *Scanner) take(dst *[]byte) error {
	if dst != nil {
		if len(*dst) >= MaxText {
			return s.fail("a number of more than %d bytes", MaxText)
		}
		*dst = append(*dst, s.buf[s.pos])
	}
	s.pos++
	return nil
}

// digits reads one digit or more; want names them.
func (s *Scanner) digits(dst *[]byte, want string) error {
	for n := 0; ; n++ {
		c, ok := s.peek()
		switch {
		case ok && c >= '0' && c <= '9':
			if err := s.take(dst); err != nil {
				return err
			}
		case n > 0:
			return nil
		case !ok:
			return s.end()
		default:
			return s.unexpected(c, want)
		}
	}
}
