// Command recheck asks the originals again for a random part of a committed table and compares:
//
//	recheck -seed 1 -part 20 PROGRAM TABLE
//
// PROGRAM reads a table's lines and writes them with its own answers. Words of messages may differ.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
)

func main() {
	seed := flag.Uint64("seed", 1, "which part: the same seed picks the same lines")
	part := flag.Int("part", 20, "ask one line in so many; 1 asks all")
	flag.Parse()
	if flag.NArg() != 2 || *part < 1 {
		fail("usage: recheck [-seed N] [-part N] PROGRAM TABLE")
	}
	program, table := flag.Arg(0), flag.Arg(1)
	asked := pick(lines(table), *seed, *part)
	answered := answer(program, asked)
	if len(answered) != len(asked) {
		fail(fmt.Sprintf("%s: asked %d lines, got %d answers", table, len(asked), len(answered)))
	}
	different := 0
	for i, line := range asked {
		if !same(line, answered[i]) {
			different++
			fmt.Printf("committed %s\nnow       %s\n", line, answered[i])
		}
	}
	fmt.Printf("%s: %d lines asked again, %d differ (seed %d)\n", table, len(asked), different, *seed)
	if different > 0 {
		os.Exit(1)
	}
}

func lines(path string) [][]byte {
	content, err := os.ReadFile(path)
	if err != nil {
		fail(err.Error())
	}
	return split(content)
}

func split(content []byte) [][]byte {
	var all [][]byte
	scanner := bufio.NewScanner(bytes.NewReader(content))
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		all = append(all, bytes.Clone(scanner.Bytes()))
	}
	if err := scanner.Err(); err != nil {
		fail(err.Error())
	}
	return all
}

// pick chooses about one line in part, and never none.
func pick(all [][]byte, seed uint64, part int) [][]byte {
	random := rand.New(rand.NewPCG(seed, 0))
	chosen := [][]byte{}
	for _, line := range all {
		if random.IntN(part) == 0 {
			chosen = append(chosen, line)
		}
	}
	if len(chosen) == 0 && len(all) > 0 {
		chosen = append(chosen, all[random.IntN(len(all))])
	}
	return chosen
}

func answer(program string, asked [][]byte) [][]byte {
	command := exec.Command(program)
	command.Stdin = bytes.NewReader(append(bytes.Join(asked, []byte("\n")), '\n'))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		fail(program + ": " + err.Error())
	}
	return split(out)
}

func same(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(silent(x), silent(y))
}

// silent is a value without its messages.
func silent(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "message")
		for name, inner := range v {
			if name != "claims" && name != "user" {
				v[name] = silent(inner)
			}
		}
	case []any:
		for i, inner := range v {
			v[i] = silent(inner)
		}
	}
	return value
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
