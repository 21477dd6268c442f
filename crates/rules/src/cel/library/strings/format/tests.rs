use super::*;

#[test]
fn numbers_are_written_as_the_original_writes_them() {
    for (value, precision, expected) in [
        (1_234_567.891, 3, "1,234,567.891"),
        (1e21, 6, "1,000,000,000,000,000,000,000.000000"),
        (-0.0, 6, "0.000000"),
        (-1e-7, 6, "-0.000000"),
        (-0.4, 0, "-0"),
        (0.5, 0, "0"),
        (1.5, 0, "2"),
        (0.25, 1, "0.2"),
        (999_999.5, 0, "1,000,000"),
        (0.1, 30, "0.100000000000000005551115123126"),
        (1234.5, 300, "1,234.50000000000000000000000000000000000000000000"),
        (1.5, 256, "1.5"),
        (f64::NEG_INFINITY, 2, "-∞"),
        (f64::NAN, 2, "NaN"),
    ] {
        assert_eq!(fixed(value, precision), expected, "{value} {precision}");
    }
    assert_eq!(fixed(1.0, 500).len(), 246);
    assert_eq!(fixed(5e-324, 1074).len(), 1076);
    for (value, precision, expected) in [
        (1234.5, 6, "1.234500×10⁰³"),
        (0.000_012_345, 3, "1.234500×10⁻⁰⁵"),
        (-0.0, 6, "0.000000×10⁰⁰"),
        (0.1, 20, "      1.000000×10⁻⁰¹"),
        (1e100, 6, "1.000000×10¹⁰⁰"),
        (f64::NEG_INFINITY, 6, "    -∞"),
        (f64::INFINITY, 0, "∞"),
        (1.5, 65_540, "1.500000×10⁰⁰"),
    ] {
        assert_eq!(scientific(value, precision), expected, "{value} {precision}");
    }
    for (value, expected) in [
        (1.0, "1"),
        (1e300, "1e+300"),
        (1_234_567.0, "1.234567e+06"),
        (123_456.0, "123456"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (f64::NEG_INFINITY, "-Inf"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(general(value), expected);
    }
}

#[test]
fn formats_in_the_source_are_checked() {
    assert_eq!(check("%s %d%%", 2), Ok(vec![Clause::Text, Clause::Decimal]));
    assert_eq!(check("%.2f", 1), Ok(vec![Clause::Fixed(2)]));
    for (format, count) in [
        ("%s", 0),
        ("%s", 2),
        ("%", 0),
        ("%", 1),
        ("%z", 1),
        ("%5d", 1),
        ("%.f", 1),
        ("%.2", 1),
        ("%S", 1),
        ("%é", 1),
    ] {
        assert!(check(format, count).is_err(), "{format}");
    }
    assert!(Clause::Text.takes("dyn") && Clause::Text.takes("list"));
    assert!(!Clause::Text.takes("any") && !Clause::Text.takes("net.IP") && !Clause::Decimal.takes("double"));
}

#[test]
fn printable_characters_are_those_of_the_original() {
    for c in "aé\u{301} '\"ß😀".chars() {
        assert!(is_printable(c), "{c:?}");
    }
    for c in "\u{1}\u{ad}\u{200b}\u{a0}\u{2028}\u{e000}".chars() {
        assert!(!is_printable(c), "{c:?}");
    }
}
