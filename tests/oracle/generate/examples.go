package main

import (
	"os"
	"strings"
)

// examples asks the example of every row of a reference page, which is the third of its four cells.
func examples(b *book, kind, page string) {
	text, err := os.ReadFile(page)
	if err != nil {
		fail(err.Error() + " (the working directory is tests/oracle)")
	}
	// A bar that belongs to the text is escaped.
	const bar = "\x00"
	for line := range strings.Lines(strings.ReplaceAll(string(text), `\|`, bar)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 4 || !strings.HasPrefix(cells[2], "`") {
			continue
		}
		example := strings.ReplaceAll(strings.Trim(cells[2], "`"), bar, "|")
		b.add("example", kind, none, example)
	}
}
