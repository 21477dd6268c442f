package table

import (
	"math"
	"sort"
	"strconv"
)

// Values are written so that their types can be told apart: null, booleans, texts and lists as
// JSON has them, everything else as an object of one member that names the type. Numbers are
// texts, because JSON readers disagree about large ones.

// Int is a signed whole number.
func Int(n int64) any { return map[string]any{"int": strconv.FormatInt(n, 10)} }

// Uint is an unsigned whole number.
func Uint(n uint64) any { return map[string]any{"uint": strconv.FormatUint(n, 10)} }

// Double is a 64-bit float: shortest digits that read back the same, or NaN, Infinity, -Infinity.
func Double(f float64) any {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	switch {
	case math.IsInf(f, 1):
		text = "Infinity"
	case math.IsInf(f, -1):
		text = "-Infinity"
	}
	return map[string]any{"double": text}
}

// Tagged is a value of another type by its name and text.
func Tagged(name, text string) any { return map[string]any{name: text} }

// Map is a map as a list of pairs, in the order of the keys' JSON.
func Map(pairs [][2]any) (any, error) {
	type entry struct {
		key  string
		pair [2]any
	}
	entries := make([]entry, 0, len(pairs))
	for _, pair := range pairs {
		key, err := Marshal(pair[0])
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{string(key), pair})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].key < entries[j].key })
	sorted := make([]any, 0, len(entries))
	for _, e := range entries {
		sorted = append(sorted, []any{e.pair[0], e.pair[1]})
	}
	return map[string]any{"map": sorted}, nil
}
