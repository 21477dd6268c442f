//! The table, in the order of the names.

use super::super::nature::{Leaf, Nature};
use super::super::tree::LoopKind;
use super::signature::Wants::{Anything, Int, List, Text, Texts};
use super::signature::{numbers as numeric, one, overloads, text_to, two_integers, two_texts_to};
use super::{Body, CheckArguments, Function, Run, convert, lists, numbers, texts};

const fn looped(
    name: &'static str,
    signature: &'static str,
    kind: LoopKind,
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function { name, signature, doc, example, body: Body::Loop(kind) }
}

const fn plain(
    name: &'static str,
    signature: &'static str,
    check: CheckArguments,
    run: Run,
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function { name, signature, doc, example, body: Body::Plain { check, run } }
}

fn list_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    one(given, Nature::is_list).map(|_| result)
}

fn map_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    one(given, Nature::is_map).map(|_| result)
}

fn number_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    one(given, Nature::is_number).map(|_| result)
}

fn element(given: &[Nature]) -> Result<Nature, String> {
    let list = one(given, Nature::is_list)?;
    // The original knows no more of the items of a mixed list.
    Ok(if list.is(Leaf::Texts) {
        Nature::STR
    } else if list.is(Leaf::Bytes) {
        Nature::INT
    } else {
        Nature::of(Leaf::Any)
    })
}

fn refused(reason: &'static str) -> Result<Nature, String> {
    Err(reason.into())
}

fn never<'a>(
    _: &[super::super::value::Value<'a>],
    _: &mut crate::Budget,
) -> Result<super::super::value::Value<'a>, crate::RunError> {
    Err(crate::RunError::failed("this function has no value here"))
}

fn is_number_or_text(nature: Nature) -> bool {
    nature.is_number() || nature.is(Leaf::Str)
}

fn has_length(nature: Nature) -> bool {
    nature.is_list() || nature.is_map() || nature.is(Leaf::Str)
}

/// All functions.
pub(crate) static FUNCTIONS: &[Function] = &[
    plain(
        "abs",
        "abs(number)",
        |a| one(a, Nature::is_number).map(|n| if n.is_unknown() { Nature::of(Leaf::Any) } else { n }),
        numbers::abs,
        "The number without its sign.",
        ("abs(-5)", "5"),
    ),
    looped(
        "all",
        "all(list, predicate)",
        LoopKind::All,
        "Whether the predicate holds for every item.",
        ("all([1, 2], # > 0)", "true"),
    ),
    looped(
        "any",
        "any(list, predicate)",
        LoopKind::Any,
        "Whether the predicate holds for an item.",
        ("any(['a', 'b'], # == 'b')", "true"),
    ),
    plain(
        "bitand",
        "bitand(int, int)",
        two_integers,
        numbers::bitand,
        "Bits set in both.",
        ("bitand(5, 3)", "1"),
    ),
    plain(
        "bitnand",
        "bitnand(int, int)",
        two_integers,
        numbers::bitnand,
        "Bits set in the first and not in the second.",
        ("bitnand(5, 3)", "4"),
    ),
    plain(
        "bitnot",
        "bitnot(int)",
        |a| overloads(a, &[&[Int]], Nature::INT),
        numbers::bitnot,
        "All bits turned.",
        ("bitnot(5)", "-6"),
    ),
    plain(
        "bitor",
        "bitor(int, int)",
        two_integers,
        numbers::bitor,
        "Bits set in either.",
        ("bitor(5, 3)", "7"),
    ),
    plain(
        "bitshl",
        "bitshl(int, int)",
        two_integers,
        numbers::bitshl,
        "Bits shifted to the left.",
        ("bitshl(5, 2)", "20"),
    ),
    plain(
        "bitshr",
        "bitshr(int, int)",
        two_integers,
        numbers::bitshr,
        "Bits shifted to the right, the sign kept.",
        ("bitshr(-8, 1)", "-4"),
    ),
    plain(
        "bitushr",
        "bitushr(int, int)",
        two_integers,
        numbers::bitushr,
        "Bits shifted to the right, zeros from the left.",
        ("bitushr(8, 2)", "2"),
    ),
    plain(
        "bitxor",
        "bitxor(int, int)",
        two_integers,
        numbers::bitxor,
        "Bits set in one of both.",
        ("bitxor(5, 3)", "6"),
    ),
    plain(
        "ceil",
        "ceil(number)",
        |a| number_to(a, Nature::FLOAT),
        numbers::ceil,
        "The next whole number from here up.",
        ("ceil(1.2)", "2"),
    ),
    plain(
        "concat",
        "concat(list, …)",
        |a| match a.iter().find(|n| !n.is_list() && !n.is_unknown()) {
            None if a.is_empty() => refused("a list is needed"),
            None => Ok(Nature::LIST),
            Some(n) => Err(format!("{} is not a list", n.shown())),
        },
        lists::concat,
        "The items of all lists.",
        ("concat([1], [2, 3])", "[1 2 3]"),
    ),
    looped(
        "count",
        "count(list, [predicate])",
        LoopKind::Count,
        "How many items the predicate holds for, or are true.",
        ("count([1, 2, 3], # > 1)", "2"),
    ),
    plain(
        "date",
        "date(text)",
        |a| match a {
            [] => refused("a text is needed"),
            [_, _, ..] => refused(
                "layouts and time zones are not supported: write the date as `2006-01-02` or in RFC 3339",
            ),
            [_] => Ok(Nature::of(Leaf::Time)),
        },
        convert::date,
        "The time of a date, of a date and time of day, or of an RFC 3339 text.",
        ("date('2023-08-14').Year()", "2023"),
    ),
    plain(
        "duration",
        "duration(text)",
        |a| text_to(a, Nature::of(Leaf::Duration)),
        convert::duration,
        "The span of time of a text such as `1h30m`.",
        ("duration('90m')", "1h30m0s"),
    ),
    looped(
        "filter",
        "filter(list, predicate)",
        LoopKind::Filter,
        "The items that the predicate holds for.",
        ("filter([1, 2, 3], # > 1)", "[2 3]"),
    ),
    looped(
        "find",
        "find(list, predicate)",
        LoopKind::Find,
        "The first item that the predicate holds for, or nil.",
        ("find([1, 2, 3], # > 1)", "2"),
    ),
    looped(
        "findIndex",
        "findIndex(list, predicate)",
        LoopKind::FindIndex,
        "The place of the first item that the predicate holds for, or nil.",
        ("findIndex([1, 2, 3], # > 1)", "1"),
    ),
    looped(
        "findLast",
        "findLast(list, predicate)",
        LoopKind::FindLast,
        "The last item that the predicate holds for, or nil.",
        ("findLast([1, 2, 3], # > 1)", "3"),
    ),
    looped(
        "findLastIndex",
        "findLastIndex(list, predicate)",
        LoopKind::FindLastIndex,
        "The place of the last item that the predicate holds for, or nil.",
        ("findLastIndex([1, 2, 3], # > 1)", "2"),
    ),
    plain("first", "first(list)", element, lists::first, "The first item, or nil.", ("first([1, 2])", "1")),
    plain(
        "flatten",
        "flatten(list)",
        |a| list_to(a, Nature::LIST),
        lists::flatten,
        "The items of the lists within lists.",
        ("flatten([1, [2, [3]]])", "[1 2 3]"),
    ),
    plain(
        "float",
        "float(number | text)",
        |a| one(a, is_number_or_text).map(|_| Nature::FLOAT),
        numbers::float,
        "The number as a double.",
        ("float('1.5')", "1.5"),
    ),
    plain(
        "floor",
        "floor(number)",
        |a| number_to(a, Nature::FLOAT),
        numbers::floor,
        "The next whole number from here down.",
        ("floor(1.8)", "1"),
    ),
    plain(
        "fromBase64",
        "fromBase64(text)",
        |a| text_to(a, Nature::STR),
        convert::from_base64,
        "The text that base64 stands for.",
        ("fromBase64('YWI=')", "ab"),
    ),
    plain(
        "fromJSON",
        "fromJSON(text)",
        |a| text_to(a, Nature::of(Leaf::Any)),
        convert::from_json,
        "The value of a JSON text.",
        ("fromJSON('[1, 2]')", "[1 2]"),
    ),
    plain(
        "fromPairs",
        "fromPairs(list)",
        |a| list_to(a, Nature::of(Leaf::AnyMap)),
        lists::from_pairs,
        "The map of a list of pairs.",
        ("fromPairs([['a', 1]])", "map[a:1]"),
    ),
    plain(
        "get",
        "get(list | map, index | key)",
        |a| match a {
            [base, key] => get(*base, *key),
            _ => refused("two arguments are needed"),
        },
        lists::get,
        "The item or member, or nil where there is none.",
        ("get([1, 2], 5)", "<nil>"),
    ),
    looped(
        "groupBy",
        "groupBy(list, predicate)",
        LoopKind::GroupBy,
        "The items by what the predicate makes of them.",
        ("groupBy(['a', 'bb'], len(#))", "map[1:[a] 2:[bb]]"),
    ),
    plain(
        "hasPrefix",
        "hasPrefix(text, text)",
        |a| two_texts_to(a, Nature::BOOL),
        texts::has_prefix,
        "Whether the text begins with the other.",
        ("hasPrefix('abc', 'ab')", "true"),
    ),
    plain(
        "hasSuffix",
        "hasSuffix(text, text)",
        |a| two_texts_to(a, Nature::BOOL),
        texts::has_suffix,
        "Whether the text ends with the other.",
        ("hasSuffix('abc', 'bc')", "true"),
    ),
    plain(
        "indexOf",
        "indexOf(text, text)",
        |a| two_texts_to(a, Nature::INT),
        texts::index_of,
        "The byte at which the other text first begins, or -1.",
        ("indexOf('abcb', 'b')", "1"),
    ),
    plain(
        "int",
        "int(number | text)",
        |a| one(a, is_number_or_text).map(|_| Nature::INT),
        numbers::int,
        "The integer, cut off towards zero.",
        ("int('7') + int(1.9)", "8"),
    ),
    plain(
        "join",
        "join(list, [text])",
        |a| overloads(a, &[&[Texts, Text], &[List, Text], &[List], &[Texts]], Nature::STR),
        texts::join,
        "The texts in one, with the other text between them.",
        ("join(['a', 'b'], '-')", "a-b"),
    ),
    plain(
        "keys",
        "keys(map)",
        |a| map_to(a, Nature::LIST),
        lists::keys,
        "The names of the members, in their order.",
        ("keys({a: 1, b: 2})", "[a b]"),
    ),
    plain("last", "last(list)", element, lists::last, "The last item, or nil.", ("last([1, 2])", "2")),
    plain(
        "lastIndexOf",
        "lastIndexOf(text, text)",
        |a| two_texts_to(a, Nature::INT),
        texts::last_index_of,
        "The byte at which the other text last begins, or -1.",
        ("lastIndexOf('abcb', 'b')", "3"),
    ),
    plain(
        "len",
        "len(text | list | map)",
        |a| one(a, has_length).map(|_| Nature::INT),
        lists::len,
        "How many characters, items or members there are.",
        ("len('aé')", "2"),
    ),
    plain(
        "lower",
        "lower(text)",
        |a| text_to(a, Nature::STR),
        texts::lower,
        "The text in small letters.",
        ("lower('AbC')", "abc"),
    ),
    looped(
        "map",
        "map(list, predicate)",
        LoopKind::Map,
        "What the predicate makes of each item.",
        ("map([1, 2], # * 2)", "[2 4]"),
    ),
    plain(
        "max",
        "max(number | list, …)",
        numeric,
        numbers::max,
        "The largest number.",
        ("max(1, 3, 2)", "3"),
    ),
    plain(
        "mean",
        "mean(number | list, …)",
        numeric,
        numbers::mean,
        "The mean of the numbers, 0 of none.",
        ("mean([1, 2])", "1.5"),
    ),
    plain(
        "median",
        "median(number | list, …)",
        numeric,
        numbers::median,
        "The median of the numbers, 0 of none.",
        ("median([3, 1, 2])", "2"),
    ),
    plain(
        "min",
        "min(number | list, …)",
        numeric,
        numbers::min,
        "The smallest number.",
        ("min(3, 1, 2)", "1"),
    ),
    looped(
        "none",
        "none(list, predicate)",
        LoopKind::None,
        "Whether the predicate holds for no item.",
        ("none([1, 2], # > 2)", "true"),
    ),
    plain(
        "now",
        "now()",
        |_| refused("a rule does not see the clock"),
        never,
        "Refused: the same token and rule must always give the same answer.",
        ("true", "true"),
    ),
    looped(
        "one",
        "one(list, predicate)",
        LoopKind::One,
        "Whether the predicate holds for exactly one item.",
        ("one([1, 2], # > 1)", "true"),
    ),
    looped(
        "reduce",
        "reduce(list, predicate, [first])",
        LoopKind::Reduce,
        "What the predicate makes of `#acc` and each item in turn.",
        ("reduce([1, 2, 3], #acc + #, 0)", "6"),
    ),
    plain(
        "repeat",
        "repeat(text, int)",
        |a| overloads(a, &[&[Text, Int]], Nature::STR),
        texts::repeat,
        "The text so many times.",
        ("repeat('ab', 2)", "abab"),
    ),
    plain(
        "replace",
        "replace(text, old, new, [count])",
        |a| overloads(a, &[&[Text, Text, Text, Int], &[Text, Text, Text]], Nature::STR),
        texts::replace,
        "The text with one text put for another, everywhere or so many times.",
        ("replace('aaa', 'a', 'b', 2)", "bba"),
    ),
    plain(
        "reverse",
        "reverse(list)",
        |a| list_to(a, Nature::LIST),
        lists::reverse,
        "The items from the last to the first.",
        ("reverse([1, 2])", "[2 1]"),
    ),
    plain(
        "round",
        "round(number)",
        |a| number_to(a, Nature::FLOAT),
        numbers::round,
        "The nearest whole number, halves away from zero.",
        ("round(2.5)", "3"),
    ),
    plain(
        "sort",
        "sort(list, ['asc' | 'desc'])",
        |a| overloads(a, &[&[List, Text], &[Texts, Text], &[List], &[Texts]], Nature::LIST),
        lists::sort,
        "The items in their order.",
        ("sort([3, 1, 2], 'desc')", "[3 2 1]"),
    ),
    looped(
        "sortBy",
        "sortBy(list, predicate, ['asc' | 'desc'])",
        LoopKind::SortBy,
        "The items in the order of what the predicate makes of them.",
        ("sortBy(['bb', 'a'], len(#))", "[a bb]"),
    ),
    plain(
        "split",
        "split(text, separator, [count])",
        |a| overloads(a, &[&[Text, Text], &[Text, Text, Int]], Nature::of(Leaf::Texts)),
        texts::split,
        "The parts of the text, at most so many.",
        ("split('a,b,c', ',', 2)", "[a b,c]"),
    ),
    plain(
        "splitAfter",
        "splitAfter(text, separator, [count])",
        |a| overloads(a, &[&[Text, Text], &[Text, Text, Int]], Nature::of(Leaf::Texts)),
        texts::split_after,
        "The parts of the text, each with its separator.",
        ("splitAfter('a,b', ',')", "[a, b]"),
    ),
    plain(
        "string",
        "string(anything)",
        |a| overloads(a, &[&[Anything]], Nature::STR),
        convert::string,
        "The value as a text.",
        ("string(1000000.0)", "1e+06"),
    ),
    looped(
        "sum",
        "sum(list, [predicate])",
        LoopKind::Sum,
        "The sum of the items, or of what the predicate makes of them.",
        ("sum([1, 2, 3])", "6"),
    ),
    plain(
        "take",
        "take(list, int)",
        |a| match a {
            [list, count]
                if (list.is_list() || list.is_unknown()) && (count.is(Leaf::Int) || count.is_unknown()) =>
            {
                Ok(if list.arrays > 0 { Nature::LIST } else { *list })
            }
            _ => refused("a list and an integer are needed"),
        },
        lists::take,
        "The first so many items.",
        ("take([1, 2, 3], 2)", "[1 2]"),
    ),
    plain(
        "timezone",
        "timezone(text)",
        |_| refused("time zones are not supported"),
        never,
        "Refused: times are in UTC.",
        ("true", "true"),
    ),
    plain(
        "toBase64",
        "toBase64(text)",
        |a| text_to(a, Nature::STR),
        convert::to_base64,
        "The text in base64.",
        ("toBase64('ab')", "YWI="),
    ),
    plain(
        "toJSON",
        "toJSON(anything)",
        |a| overloads(a, &[&[Anything]], Nature::STR),
        convert::to_json,
        "The value as JSON, indented by two spaces.",
        ("toJSON({})", "{}"),
    ),
    plain(
        "toPairs",
        "toPairs(map)",
        |a| map_to(a, Nature::LIST),
        lists::to_pairs,
        "The members as pairs.",
        ("toPairs({a: 1})", "[[a 1]]"),
    ),
    plain(
        "trim",
        "trim(text, [characters])",
        |a| overloads(a, &[&[Text], &[Text, Text]], Nature::STR),
        texts::trim,
        "The text without white space, or these characters, at its ends.",
        ("trim('xxaxx', 'x')", "a"),
    ),
    plain(
        "trimPrefix",
        "trimPrefix(text, [prefix])",
        |a| overloads(a, &[&[Text, Text], &[Text]], Nature::STR),
        texts::trim_prefix,
        "The text without this beginning.",
        ("trimPrefix('abc', 'a')", "bc"),
    ),
    plain(
        "trimSuffix",
        "trimSuffix(text, [suffix])",
        |a| overloads(a, &[&[Text, Text], &[Text]], Nature::STR),
        texts::trim_suffix,
        "The text without this end.",
        ("trimSuffix('abc', 'c')", "ab"),
    ),
    plain(
        "type",
        "type(anything)",
        |a| overloads(a, &[&[Anything]], Nature::STR),
        convert::type_name,
        "The name of the value's kind.",
        ("type([])", "array"),
    ),
    plain(
        "uniq",
        "uniq(list)",
        |a| list_to(a, Nature::LIST),
        lists::uniq,
        "The items, each once.",
        ("uniq([1, 1.0, 2])", "[1 2]"),
    ),
    plain(
        "upper",
        "upper(text)",
        |a| text_to(a, Nature::STR),
        texts::upper,
        "The text in capital letters.",
        ("upper('ab')", "AB"),
    ),
    plain(
        "values",
        "values(map)",
        |a| map_to(a, Nature::LIST),
        lists::values,
        "The values of the members, in the order of their names.",
        ("values({a: 1, b: 2})", "[1 2]"),
    ),
];

fn get(base: Nature, key: Nature) -> Result<Nature, String> {
    if base.is_unknown() {
        return Ok(Nature::UNKNOWN);
    }
    if base.is_list() {
        let fits = key.is(Leaf::Int) || key.is_unknown();
        return if fits {
            Ok(base.element())
        } else {
            Err(format!("a list is indexed by an integer, this is {}", key.shown()))
        };
    }
    if base.is_map() {
        let fits = key.is_unknown() || !base.is(Leaf::Map) || key.is(Leaf::Str);
        return if fits {
            Ok(base.element())
        } else {
            Err(format!("the key of a map is a text, this is {}", key.shown()))
        };
    }
    Err(format!("nothing can be selected from {}", base.shown()))
}
