use super::*;

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn texts_are_read_as_kubernetes_reads_them() {
    for good in [
        "0",
        "-",
        "+",
        ".",
        "1.",
        ".5",
        "-0",
        "1e3",
        "1E3",
        "1e+3",
        "1e-3",
        "1E",
        "1.Ki",
        "1e4294967296",
        "Mi",
        "k",
        "1234567890123456789.",
        "000",
        "12345678901234567890123",
        "1e2147483647",
        "1e-2147483648",
    ] {
        assert!(Quantity::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "+-1",
        "1e",
        "1ki",
        "1Zi",
        "1 k",
        "1i",
        "1E+",
        "1E5k",
        "0x1",
        "1_000",
        "1e1e1",
        "١",
        "200K",
        "Three",
        "1,3G",
        "1..2",
        " 1",
        "1Mi5",
        "1e99999999999999999999",
    ] {
        assert!(Quantity::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn integers_are_those_held_in_64_bits() {
    for (text, expected) in [
        ("0", Some(0)),
        ("1.0", None),
        ("0.0", None),
        ("1.0k", Some(1000)),
        ("1.5M", Some(1_500_000)),
        ("1.Ki", Some(1024)),
        ("0.5Ki", None),
        ("1Ti", Some(1 << 40)),
        ("1Pi", None),
        ("1Ei", None),
        ("1E", Some(1_000_000_000_000_000_000)),
        ("99999999Mi", Some(99_999_999 << 20)),
        ("1e100", None),
        ("0e100", Some(0)),
        ("1e4294967297", Some(10)),
        ("9223372036854775807", None),
        ("999999999999999999", Some(999_999_999_999_999_999)),
        ("-50k", Some(-50_000)),
    ] {
        assert_eq!(quantity(text).as_integer(), expected, "{text}");
    }
    assert_eq!(quantity("50k").subtract(&Quantity::from_integer(20_000)).unwrap().as_integer(), Some(30_000));
    assert_eq!(quantity("1Pi").subtract(&quantity("1Pi")).unwrap().as_integer(), None);
    assert_eq!(quantity("500m").add(&quantity("500m")).unwrap().as_integer(), None);
}

#[test]
fn doubles_are_approximated_as_kubernetes_does() {
    for (text, expected) in [
        ("1500m", 1.5),
        (".5", 0.5),
        ("0.0000000001", 1e-9),
        ("-0.0000000001", -1e-9),
        ("1234567890123456789.", 1.234_567_890_123_457e18),
        (".12345678901234567890", 0.123_456_790_000_000_01),
        ("1e40", 1e40),
        ("1e300", 1e300),
        ("1e400", f64::INFINITY),
        ("1e2000000000", f64::INFINITY),
        ("3Pi", 3.377_699_720_527_872e15),
        ("123456789.123456789123", 1.234_567_891_234_567_9e8),
        ("1e-20", 1e-9),
        ("-99Ei", -9_223_372_036_854_775_807.0),
    ] {
        assert_eq!(quantity(text).as_approximate_float().to_bits(), f64::to_bits(expected), "{text}");
    }
}

#[test]
fn the_order_is_numerical() {
    for (left, right, expected) in [
        ("200M", "0.2G", Ordering::Equal),
        ("50M", "50Mi", Ordering::Less),
        ("1", "1000m", Ordering::Equal),
        ("1", "999m", Ordering::Greater),
        ("-1", "1", Ordering::Less),
        ("-2", "-1", Ordering::Less),
        ("9Ei", "8Ei", Ordering::Equal),
        ("-99Ei", "-9Ei", Ordering::Equal),
        ("1e2147483647", "1e2147483646", Ordering::Greater),
        ("0", "-0", Ordering::Equal),
        ("0", "1n", Ordering::Less),
        ("123456789012345678901", "123456789012345678902", Ordering::Less),
        ("1e-2147483648", "1n", Ordering::Equal),
    ] {
        assert_eq!(quantity(left).compare(&quantity(right)), expected, "{left} {right}");
        assert_eq!(quantity(right).compare(&quantity(left)), expected.reverse(), "{right} {left}");
    }
}

#[test]
fn sums_and_differences_are_exact() {
    for (left, right, sum, difference) in [
        ("50k", "20k", "70k", "30k"),
        ("1", "0.5", "1.5", "0.5"),
        ("1", "1Ei", "1152921504606846977", "-1152921504606846975"),
        ("0", "7", "7", "-7"),
        ("-3", "-4", "-7", "1"),
        ("999999999999999999", "999999999999999999", "1999999999999999998", "0"),
        ("9999999999999999999999", "1", "10000000000000000000000", "9999999999999999999998"),
        ("100n", "1", "1.0000001", "-0.9999999"),
        (
            "1e30",
            "1e-9",
            "1000000000000000000000000000000.000000001",
            "999999999999999999999999999999.999999999",
        ),
    ] {
        let (left, right) = (quantity(left), quantity(right));
        assert_eq!(
            left.add(&right).unwrap().compare(&quantity(sum)),
            Ordering::Equal,
            "{left:?} + {right:?}"
        );
        assert_eq!(
            left.subtract(&right).unwrap().compare(&quantity(difference)),
            Ordering::Equal,
            "{left:?} - {right:?}"
        );
    }
    assert!(quantity("1e2000000000").add(&quantity("1")).is_none(), "too long to write out");
}
