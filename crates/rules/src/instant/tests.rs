use proptest::prelude::*;

use super::*;

/// What Go's `time.Parse(time.RFC3339, …)` and `Format(time.RFC3339Nano)` say.
#[test]
fn texts_are_read_and_written_as_go_does() {
    for (text, written) in [
        ("2024-02-29T12:34:56Z", "2024-02-29T12:34:56Z"),
        ("2024-02-29T12:34:56.500+02:00", "2024-02-29T12:34:56.5+02:00"),
        ("2024-02-29T12:34:56+00:00", "2024-02-29T12:34:56Z"),
        ("2024-02-29T12:34:56-00:00", "2024-02-29T12:34:56Z"),
        ("2024-02-29T12:34:56+24:01", "2024-02-29T12:34:56+24:01"),
        ("2024-02-29T12:34:56+12:60", "2024-02-29T12:34:56+13:00"),
        ("2024-02-29T12:34:56-24:60", "2024-02-29T12:34:56-25:00"),
        ("2024-02-29T1:34:56Z", "2024-02-29T01:34:56Z"),
        ("2024-02-29T12:34:56,123456789123+01:00", "2024-02-29T12:34:56.123456789+01:00"),
        ("0000-12-31T23:59:59-00:01", "0000-12-31T23:59:59-00:01"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ("9999-12-31T23:59:59+23:00", "9999-12-31T23:59:59+23:00"),
    ] {
        assert_eq!(Instant::parse(text).map(|at| at.to_string()).as_deref(), Some(written), "{text}");
    }
    for text in [
        "",
        "2024-02-29",
        "2024-02-29T12:34:56",
        "2024-02-29t12:34:56Z",
        "2024-02-29T12:34:56z",
        "2024-02-29 12:34:56Z",
        "2024-02-29T12:34:56Z ",
        "2024-02-29T12:34:56.Z",
        "2024-02-29T12:34:56.5",
        "2024-02-29T12:34:56+0200",
        "2024-02-29T12:34:56+02",
        "2024-02-29T12:34:56+25:00",
        "2024-02-29T12:34:56+12:61",
        "2024-02-29T01:4:56Z",
        "2024-02-29T01:34:6Z",
        "2024-02-9T01:34:06Z",
        "2023-02-29T12:34:56Z",
        "2024-04-31T12:34:56Z",
        "2024-00-01T12:34:56Z",
        "2024-13-01T12:34:56Z",
        "2024-01-00T12:34:56Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "20é4-01-01T00:00:00Z",
    ] {
        assert_eq!(Instant::parse(text), None, "{text}");
    }
}

#[test]
fn arithmetic_keeps_to_the_years_1_to_9999() {
    let last = Instant::parse("9999-12-31T23:59:59.5Z").unwrap();
    assert_eq!(last.later(400_000_000).unwrap().to_string(), "9999-12-31T23:59:59.9Z");
    assert_eq!(last.later(500_000_000), None);
    let first = Instant::parse("0001-01-01T00:00:00.5Z").unwrap();
    assert!(first.later(-500_000_000).unwrap().is_first());
    assert_eq!(first.later(-500_000_001), None);
    assert_eq!(last.since(&first), None);
    let here = Instant::parse("2024-02-29T12:34:56+02:00").unwrap();
    assert_eq!(here.later(3_600_000_000_000).unwrap().to_string(), "2024-02-29T13:34:56+02:00");
    assert_eq!(here, Instant::parse("2024-02-29T10:34:56Z").unwrap());
}

proptest! {
    #[test]
    fn the_calendar_is_jiffs(seconds in Instant::FIRST..253_402_200_000_i64, offset in -90_000..90_000_i64) {
        let at = Instant::from_seconds(seconds).unwrap();
        let civil = at.civil(offset);
        let known = jiff::tz::Offset::from_seconds(i32::try_from(offset).unwrap()).unwrap()
            .to_datetime(jiff::Timestamp::from_second(seconds).unwrap());
        prop_assert_eq!(
            (civil.year, civil.month, civil.day),
            (i64::from(known.year()), i64::from(known.month()), i64::from(known.day()))
        );
        prop_assert_eq!(civil.day_of_year + 1, i64::from(known.day_of_year()));
        prop_assert_eq!(civil.day_of_week, i64::from(known.weekday().to_sunday_zero_offset()));
        prop_assert_eq!(civil.second / 3600, i64::from(known.hour()));
        prop_assert_eq!(Instant::parse(&at.to_string()), Some(at));
    }

    #[test]
    fn differences_are_undone(seconds in -9_000_000_000_i64..9_000_000_000, nanoseconds in any::<i64>()) {
        let at = Instant::from_seconds(seconds).unwrap();
        prop_assert_eq!(at.later(nanoseconds).unwrap().later(-(nanoseconds / 2)).unwrap(),
            at.later(nanoseconds - nanoseconds / 2).unwrap());
    }
}
