/// Prints rows in columns as wide as their widest field; the last field is as long as it is.
pub fn print(header: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = header.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, field) in widths.iter_mut().zip(row) {
            *width = field.chars().count().max(*width);
        }
    }
    let line = |fields: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            fields.zip(&widths).map(|(field, &width)| format!("{field:<width$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    line(&mut header.iter().copied());
    rows.iter().for_each(|row| line(&mut row.iter().map(String::as_str)));
}
