// Package table is the shape of the tables of truth: JSON lines, one case each, asked and answered.
package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Outcomes of a case.
const (
	Value = "value" // the expression was accepted where it stands and gave a value
	Load  = "load"  // it was refused before any claims were read
	Run   = "run"   // evaluation ended in an error
	Type  = "type"  // evaluation gave a value that its place does not take
)

// A Case is one line: the question, and the answer of the original below it.
type Case struct {
	ID         string          `json:"id"`
	Area       string          `json:"area,omitempty"`
	Dialect    string          `json:"dialect,omitempty"`
	Kind       string          `json:"kind,omitempty"`
	Claims     json.RawMessage `json:"claims,omitempty"`
	User       json.RawMessage `json:"user,omitempty"`
	Expression string          `json:"expression"`

	Outcome string `json:"outcome,omitempty"`
	// Value is the result as [Tag] writes it, also where the outcome is "type".
	Value json.RawMessage `json:"value,omitempty"`
	// Strings are what a groups or extra expression yields in the end.
	Strings []string `json:"strings,omitempty"`
	// EmailRule says that the expression alone is refused as a user name, because it reads
	// claims.email and not claims.email_verified. The outcome is then that of an authenticator
	// which reads claims.email_verified elsewhere.
	EmailRule bool   `json:"emailRule,omitempty"`
	Message   string `json:"message,omitempty"`
}

// Answer clears and then holds what the original said.
type Answer struct {
	Outcome   string
	Value     any
	HasValue  bool
	Strings   []string
	EmailRule bool
	Message   string
}

// Fill puts an answer into a case.
func (c *Case) Fill(a Answer) error {
	c.Outcome, c.Strings, c.EmailRule, c.Value = a.Outcome, a.Strings, a.EmailRule, nil
	c.Message = shorten(a.Message)
	if a.HasValue {
		text, err := Marshal(a.Value)
		if err != nil {
			return err
		}
		c.Value = text
	}
	return nil
}

// Marshal writes one line of JSON without escaping HTML.
func Marshal(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buffer.Bytes(), "\n"), nil
}

// Read returns the cases of a stream of JSON lines.
func Read(r io.Reader) ([]Case, error) {
	var cases []Case
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 16<<20)
	for number := 1; scanner.Scan(); number++ {
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		var c Case
		if err := json.Unmarshal(scanner.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		cases = append(cases, c)
	}
	return cases, scanner.Err()
}

// rounds is how often a case is asked: Go's maps give another order each time.
const rounds = 6

// Serve reads cases from stdin, lets ask answer each, and writes them to stdout. Every case is asked
// several times: one whose answers differ has no place in a table, and is reported and left out.
func Serve(ask func(Case) Answer) {
	cases, err := Read(os.Stdin)
	if err != nil {
		fail(err)
	}
	out := bufio.NewWriter(os.Stdout)
	left := 0
	for _, c := range cases {
		line, err := stable(c, ask)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: left out: %v\n", c.ID, err)
			left++
			continue
		}
		out.Write(append(line, '\n'))
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
	if left > 0 {
		fail(fmt.Errorf("%d of %d cases left out", left, len(cases)))
	}
}

func stable(c Case, ask func(Case) Answer) ([]byte, error) {
	var first []byte
	for range rounds {
		answered := c
		if err := answered.Fill(ask(c)); err != nil {
			return nil, err
		}
		if answered.Outcome == "" {
			return nil, fmt.Errorf("no answer: %s", answered.Message)
		}
		line, err := Marshal(answered)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = line
		} else if !sameAnswer(first, line) {
			return nil, fmt.Errorf("answers differ:\n  %s\n  %s", first, line)
		}
	}
	return first, nil
}

// Error texts may list names in the order of a Go map, so they are not compared.
func sameAnswer(a, b []byte) bool {
	var x, y Case
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return Same(x, y)
}

// Same says whether two answers to one case agree in everything but the words of a message.
func Same(x, y Case) bool {
	x.Message, y.Message = "", ""
	left, err := Marshal(x)
	if err != nil {
		return false
	}
	right, err := Marshal(y)
	return err == nil && bytes.Equal(left, right)
}

func shorten(message string) string {
	const longest = 120
	runes := []rune(message)
	for i, r := range runes {
		if r == '\n' || i == longest {
			return string(runes[:i])
		}
	}
	return message
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
