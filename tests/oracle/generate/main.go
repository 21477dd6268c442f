// Command generate writes the cases of the tables of truth, without their answers:
//
//	generate expr | expr > table
//	generate cel  | cel  > table
//	generate authn | authn > table
//
// Everything is a list or a product of lists, so two runs give the same bytes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"claimgate.dev/oracle/table"
)

func main() {
	if len(os.Args) != 2 {
		fail("usage: generate expr|cel|authn|signed")
	}
	out := bufio.NewWriter(os.Stdout)
	write := func(value any) {
		line, err := table.Marshal(value)
		if err != nil {
			fail(err.Error())
		}
		out.Write(append(line, '\n'))
	}
	book := &book{counts: map[string]int{}, seen: map[string]bool{}}
	switch os.Args[1] {
	case "expr":
		book.dialect = "expr"
		exprCases(book)
	case "cel":
		book.dialect = "kubernetes"
		celCases(book)
	case "authn":
		for _, c := range authnCases() {
			write(c)
		}
	case "signed":
		for _, c := range signedCases() {
			write(c)
		}
	default:
		fail("no table " + os.Args[1])
	}
	for _, c := range book.cases {
		write(c)
	}
	if err := out.Flush(); err != nil {
		fail(err.Error())
	}
}

// A book collects the cases of one dialect and numbers them by area.
type book struct {
	dialect string
	cases   []table.Case
	counts  map[string]int
	seen    map[string]bool
}

// add asks every expression of an area under the same kind and input. A question that was asked
// before is passed over, so that products of lists may overlap.
func (b *book) add(area, kind, input string, expressions ...string) {
	if !json.Valid([]byte(input)) {
		fail(area + ": not JSON: " + input)
	}
	for _, expression := range expressions {
		key := kind + "\x00" + input + "\x00" + expression
		if b.seen[key] {
			continue
		}
		b.seen[key] = true
		b.counts[area]++
		c := table.Case{
			ID: fmt.Sprintf("%s-%03d", area, b.counts[area]), Area: area,
			Dialect: b.dialect, Kind: kind, Expression: expression,
		}
		if kind == "userValidation" {
			c.User = json.RawMessage(input)
		} else {
			c.Claims = json.RawMessage(input)
		}
		b.cases = append(b.cases, c)
	}
}

// prune leaves only those claims that some expression of the line can read as claims.NAME.
func prune(input, expression string) string {
	claims := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(input), &claims); err != nil {
		fail(input + ": " + err.Error())
	}
	for name := range claims {
		if !strings.Contains(expression+" ", "claims."+name) {
			delete(claims, name)
		}
	}
	kept, err := table.Marshal(claims)
	if err != nil {
		fail(err.Error())
	}
	return string(kept)
}

// grid is add for products of lists, whose lines carry only the claims that they name.
func (b *book) grid(area, kind, input string, expressions ...string) {
	for _, expression := range expressions {
		b.add(area, kind, prune(input, expression), expression)
	}
}

// pairs is every left and right operand around every operator.
func pairs(operators, left, right []string) []string {
	var all []string
	for _, operator := range operators {
		for _, a := range left {
			for _, b := range right {
				all = append(all, a+" "+operator+" "+b)
			}
		}
	}
	return all
}

// each puts every operand into every pattern.
func each(patterns, operands []string) []string {
	var all []string
	for _, pattern := range patterns {
		for _, operand := range operands {
			all = append(all, fmt.Sprintf(pattern, operand))
		}
	}
	return all
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
