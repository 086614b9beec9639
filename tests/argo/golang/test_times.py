"""Times, durations and zones, judged by Python's datetime where it can."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_argo.argo.golang.duration import Duration, format_duration, parse_duration, rounded, truncated
from airflow_argo.argo.golang.layout import RFC3339, RFC3339_NANO, format_time, parse_time
from airflow_argo.argo.golang.moment import Time, civil_from_days, days_from_civil
from airflow_argo.argo.golang.values import Panic
from airflow_argo.argo.golang.zones import UTC, load_location

ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
FIRST, LAST = (datetime(year, 1, 1, tzinfo=timezone.utc).replace(tzinfo=None) for year in (1950, 2090))
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(timezone.utc))
DURATIONS = st.integers(-(2**63), 2**63 - 1)


def time_of(moment: datetime, zone: str = "UTC") -> Time:
    since_1970 = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return Time.from_nanoseconds(since_1970 // timedelta(microseconds=1) * 1000, load_location(zone))


@given(MOMENTS, st.sampled_from(ZONES))
def test_parts_are_pythons(moment, zone):
    ours, theirs = time_of(moment, zone), moment.astimezone(ZoneInfo(zone))
    assert ours.civil() == (theirs.year, theirs.month, theirs.day)
    assert ours.wall_clock() == (theirs.hour, theirs.minute, theirs.second)
    assert ours.weekday() == theirs.isoweekday() % 7
    assert ours.year_day() == theirs.timetuple().tm_yday
    assert ours.iso_week() == tuple(theirs.isocalendar())[:2]
    assert format_time(ours, "2006-01-02T15:04:05.000000 Monday Jan _2 03PM") == theirs.strftime(
        "%Y-%m-%dT%H:%M:%S.%f %A %b "
    ) + f"{theirs.day:2d} " + theirs.strftime("%I%p")


@given(MOMENTS, st.sampled_from(ZONES))
def test_what_is_written_is_read_back(moment, zone):
    time = time_of(moment, zone)
    assert parse_time(RFC3339_NANO, format_time(time, RFC3339_NANO)) == time
    assert datetime.fromisoformat(format_time(time, "2006-01-02T15:04:05.000000-07:00:00")) == moment


@given(MOMENTS, st.sampled_from(ZONES))
@example(datetime(2024, 3, 31, 1, 0, tzinfo=timezone.utc), "Europe/Paris")
@example(datetime(2024, 10, 27, 1, 30, tzinfo=timezone.utc), "Europe/Paris")
def test_a_wall_clock_is_read_in_its_zone(moment, zone):
    time = time_of(moment, zone)
    layout = "2006-01-02 15:04:05.000000"
    again = parse_time(layout, format_time(time, layout), load_location(zone))
    assert format_time(again, layout) == format_time(time, layout)  # of an hour that comes twice, either will do
    assert abs(again.minus(time)) in (0, 3600 * 10**9, 1800 * 10**9)


@given(st.integers(-(10**6), 10**6))
def test_the_calendar_goes_both_ways(days):
    assert days_from_civil(*civil_from_days(days)) == days


@given(MOMENTS, st.integers(-50, 50), st.integers(-50, 50), st.integers(-500, 500))
def test_adding_to_the_date_overflows_as_the_calendar_does(moment, years, months, days):
    added = time_of(moment).plus_date(years, months, days)
    year, month = divmod((moment.year + years) * 12 + moment.month - 1 + months, 12)
    expected = datetime(year, month + 1, 1, tzinfo=timezone.utc) + timedelta(days=moment.day - 1 + days)
    assert added.civil() == (expected.year, expected.month, expected.day)


@pytest.mark.parametrize(
    ("layout", "text", "shown"),
    [
        ("2006-01-02", "2024-02-29", "2024-02-29T00:00:00Z"),
        ("2006-002", "2024-060", "2024-02-29T00:00:00Z"),
        ("Jan 2 '06 3:04pm", "feb 3 '69 1:05pm", "1969-02-03T13:05:00Z"),
        ("2006-01-02 15:04:05", "2024-01-02 03:04:05,25", "2024-01-02T03:04:05.25Z"),
        ("2006-01-02 15:04 MST", "2024-01-02 03:04 CEST", "2024-01-02T03:04:00Z"),
        ("2006-01-02 15:04 MST", "2024-01-02 03:04 GMT+3", "2024-01-02T06:04:00+03:00"),
        ("2006-01-02 -07", "2024-01-02 -05", "2024-01-02T00:00:00-05:00"),
        ("15:04", "10:11", "0000-01-01T10:11:00Z"),
        ("_2 Jan 2006", " 5 Mar 2024", "2024-03-05T00:00:00Z"),
    ],
)
def test_layouts(layout, text, shown):
    assert format_time(parse_time(layout, text), RFC3339_NANO) == shown


@pytest.mark.parametrize(
    ("layout", "text", "message"),
    [
        ("2006-01-02", "2023-02-29", 'parsing time "2023-02-29": day out of range'),
        ("2006-01-02", "x", 'parsing time "x" as "2006-01-02": cannot parse "x" as "2006"'),
        ("2006-01-02", "2024-13-01", 'parsing time "2024-13-01": month out of range'),
        ("2006-01-02", "2024-01-01 ", 'parsing time "2024-01-01 ": extra text: " "'),
        ("2006/01", "2024-01", 'parsing time "2024-01" as "2006/01": cannot parse "-01" as "/"'),
        (RFC3339, "2024-01-01T25:00:00Z", 'parsing time "2024-01-01T25:00:00Z": hour out of range'),
        (
            RFC3339,
            "2024-01-01T00:00:00",
            'parsing time "2024-01-01T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
        ),
        ("2006-002", "2023-366", 'parsing time "2023-366": day-of-year out of range'),
    ],
)
def test_what_is_no_time(layout, text, message):
    with pytest.raises(Panic) as caught:
        parse_time(layout, text)
    assert str(caught.value) == message


@given(DURATIONS)
def test_a_duration_is_read_back(nanoseconds):
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@given(DURATIONS, st.integers(1, 10**12))
def test_rounding_durations(nanoseconds, step):
    down = truncated(nanoseconds, step)
    assert abs(down) <= abs(nanoseconds)
    assert down % step == 0
    assert abs(rounded(nanoseconds, step) - nanoseconds) * 2 <= step or abs(rounded(nanoseconds, step)) >= 2**63 - 1


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("0", 0), ("1h30m", 5400 * 10**9), ("-1.5s", -1500 * 10**6), ("+5µs", 5000), (".5ms", 500_000), ("1.s", 10**9)],
)
def test_durations(text, nanoseconds):
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("5", 'time: missing unit in duration "5"'),
        ("5x", 'time: unknown unit "x" in duration "5x"'),
        ("s", 'time: invalid duration "s"'),
        ("300000h1000000000h", 'time: invalid duration "300000h1000000000h"'),
    ],
)
def test_what_is_no_duration(text, message):
    with pytest.raises(Panic) as caught:
        parse_duration(text)
    assert str(caught.value) == message


def test_durations_print_in_fitting_units():
    assert [str(Duration(number)) for number in (0, 1, 1500, 1_500_000, 1_500_000_000, 90 * 10**9, -3661 * 10**9)] == [
        "0s",
        "1ns",
        "1.5µs",
        "1.5ms",
        "1.5s",
        "1m30s",
        "-1h1m1s",
    ]


def test_zones():
    assert load_location("") is load_location("UTC") is load_location("Local") is UTC
    with pytest.raises(Panic, match="unknown time zone Nope/Nope"):
        load_location("Nope/Nope")
    with pytest.raises(Panic, match=r"unknown time zone \.\./etc"):
        load_location("../etc")
