package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Problem is one thing that is wrong in a file. Lines and columns count from 1.
type Problem struct {
	File         string
	Line, Column int
	Text         string
}

// Error prints file:line:column: text.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// maxProblems is how many problems are told at once.
const maxProblems = 20

// reader walks a YAML document and notes every problem with its place, so that a
// file with three mistakes needs one run to mend.
type reader struct {
	file     string
	problems []*Problem
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, &Problem{r.file, n.Line, n.Column, fmt.Sprintf(format, args...)})
}

// err joins the problems in the order of the file.
func (r *reader) err() error {
	slices.SortStableFunc(r.problems, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var all []error
	for i, p := range r.problems {
		if i == maxProblems {
			all = append(all, fmt.Errorf("%s: and %d more problems", r.file, len(r.problems)-i))
			break
		}
		all = append(all, p)
	}
	return errors.Join(all...)
}

// document reads the one YAML document of a file.
func (r *reader) document(data []byte) (*yaml.Node, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%s: %d bytes, more than the largest size of %d", r.file, len(data), MaxFile)
	}
	if at, why := notText(data); at >= 0 {
		line := 1 + bytes.Count(data[:at], []byte{'\n'})
		column := at - bytes.LastIndexByte(data[:at], '\n')
		return nil, &Problem{r.file, line, column, why}
	}
	var doc, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, &Problem{r.file, 1, 1, "the file is empty"}
	case err != nil:
		return nil, r.syntax(err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, &Problem{r.file, second.Line, max(second.Column, 1), "a second document; one file has one"}
	case !errors.Is(err, io.EOF):
		return nil, r.syntax(err)
	}
	return doc.Content[0], nil
}

// notText returns the first byte that is no UTF-8 text, or -1.
func notText(data []byte) (at int, why string) {
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			return i, "not UTF-8"
		case c < ' ' && c != '\n' && c != '\r' && c != '\t', c == 0x7f:
			return i, fmt.Sprintf("control character %U", c)
		}
		i += size
	}
	return -1, ""
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// The library's parser, unlike its scanner, counts the lines of these from 0.
var fromZero = []string{"did not find expected ',' or", "did not find expected key", "did not find expected node content",
	"did not find expected '-' indicator", "did not find expected <", "found undefined tag handle"}

// syntax puts the place of a YAML error in our form; the library knows the line only.
func (r *reader) syntax(err error) error {
	line := 1
	text := err.Error()
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
			if slices.ContainsFunc(fromZero, func(s string) bool { return strings.HasPrefix(text, s) }) {
				line++
			}
		}
	}
	return &Problem{r.file, line, 1, "not YAML: " + text}
}
