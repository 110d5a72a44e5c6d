use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a time in UTC as CellProfiler writes it: `2024-05-01T12:00:00.123456`.
pub(crate) fn written(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    iso(since.as_secs(), since.subsec_micros())
}

/// Returns a time in UTC as C's `ctime` writes it: `Wed May  1 12:00:00 2024`.
pub(crate) fn date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let iso = iso(seconds, 0);
    let weekday = DAYS[(seconds / 86_400 % 7) as usize];
    let number = |range: std::ops::Range<usize>| iso[range].parse().unwrap_or(1_usize);
    let (month, day) = (MONTHS[number(5..7) - 1], number(8..10));
    format!("{weekday} {month} {day:2} {} {}", &iso[11..19], &iso[..4])
}

/// Returns seconds since 1970 as date and time, by the civil-from-days method (Hinnant 2013).
fn iso(seconds: u64, micros: u32) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_a_date() {
        assert_eq!(iso(0, 0), "1970-01-01T00:00:00.000000");
        assert_eq!(iso(951_782_400, 5), "2000-02-29T00:00:00.000005");
        assert_eq!(iso(1_714_564_799, 0), "2024-05-01T11:59:59.000000");
    }
}
