//! Files as URLs: CellProfiler keeps its file list as URLs, in the order of their text.

/// Schemes of addresses that CellProfiler leaves as they are.
const PASSED: [&str; 5] = ["http", "https", "ftp", "omero", "s3"];

/// Returns the `file:` URL of a path, quoted as Python's `pathname2url`; other addresses stay as they are.
///
/// As in CellProfiler, any text that begins with `http`, `ftp`, `omero` or `s3` (in any case) counts as an address,
/// also a relative path such as `s3cretfolder/a.tif`.
pub fn path_to_url(path: &str) -> String {
    if is_passed(path) { path.to_string() } else { format!("file:{}", quote(path)) }
}

/// Returns the path of a `file:` URL, unquoted; other addresses stay as they are.
pub fn url_to_path(url: &str) -> String {
    if is_passed(url) || !is_file(url) { url.to_string() } else { unquote(&url["file:".len()..]) }
}

/// Returns paths and addresses as URLs in CellProfiler's order: by their text, each once.
///
/// The order of the listing, and of the lines of a file list, does not count. Empty lines are left out.
pub fn file_list<S: AsRef<str>>(paths: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut urls: Vec<String> = paths
        .into_iter()
        .map(|p| p.as_ref().trim().to_string())
        .filter(|p| !p.is_empty())
        .map(|p| if p.starts_with("file:") { p } else { path_to_url(&p) })
        .collect();
    urls.sort();
    urls.dedup();
    urls
}

/// Returns the name of the file at a URL, unquoted.
pub fn file_name(url: &str) -> String {
    let path = url_path(url);
    path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name).to_string()
}

/// Returns the folder of the file at a URL as `PathName_` gives it: a path for files, else an address.
pub fn folder_name(url: &str) -> String {
    let path = url_path(url);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if is_file(url) {
        return if folder.is_empty() { "/".into() } else { folder.into() };
    }
    let Some((scheme, rest)) = url.split_once(':') else { return folder.into() };
    let host = rest.strip_prefix("//").map_or("", |r| r.split(['/', '?', '#']).next().unwrap_or(""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    if host.is_empty() && folder.is_empty() {
        String::new()
    } else {
        format!("{scheme}://{host}{}", quote(folder))
    }
}

fn is_passed(text: &str) -> bool {
    let lower = text.get(..text.len().min(8)).unwrap_or(text).to_lowercase();
    PASSED.iter().any(|scheme| lower.starts_with(scheme))
}

fn is_file(url: &str) -> bool {
    url.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("file:"))
}

/// The path within a URL, unquoted, without host, query and fragment.
fn url_path(url: &str) -> String {
    let rest = url.split_once(':').map_or(url, |(_, rest)| rest);
    let rest = match rest.strip_prefix("//") {
        Some(hosted) => hosted.find('/').map_or("", |i| &hosted[i..]),
        None => rest,
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    unquote(&rest[..end])
}

/// Quotes as Python's `urllib.parse.quote`: all bytes of UTF-8 but letters, digits and `_.-~/`.
fn quote(path: &str) -> String {
    let mut result = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~/".contains(&byte) {
            result.push(char::from(byte));
        } else {
            result.push_str(&format!("%{byte:02X}"));
        }
    }
    result
}

/// Unquotes as Python's `urllib.parse.unquote`: `%` without two hexadecimal digits stays.
fn unquote(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let digits = text.get(i + 1..i + 3).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(value) if bytes[i] == b'%' => {
                result.push(value);
                i += 3;
            }
            _ => {
                result.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&result).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_url_are_the_same_thing() {
        let path = "/data/Channel 1-01,é+~.tif";
        assert_eq!(path_to_url(path), "file:/data/Channel%201-01%2C%C3%A9%2B~.tif");
        assert_eq!(url_to_path(&path_to_url(path)), path);
        assert_eq!(path_to_url("s3://bucket/a b.tif"), "s3://bucket/a b.tif");
        assert_eq!(url_to_path("file:/100%.tif"), "/100%.tif");
    }

    #[test]
    fn the_list_is_in_the_order_of_the_urls_each_once() {
        let list = file_list(["/b.tif", "/a b.tif", "/a.tif", "/a-b.tif", "", "/B.tif", "/a.tif"]);
        assert_eq!(list, ["file:/B.tif", "file:/a%20b.tif", "file:/a-b.tif", "file:/a.tif", "file:/b.tif"]);
    }

    #[test]
    fn names_and_folders_are_unquoted() {
        assert_eq!(file_name("file:/data/a%20b.tif"), "a b.tif");
        assert_eq!(folder_name("file:/da%20ta/a.tif"), "/da ta");
        assert_eq!(folder_name("file:/a.tif"), "/");
        assert_eq!(folder_name("http://host/x/y/a.tif"), "http://host/x/y");
        assert_eq!(file_name("http://host/x/y/a.tif?q=1"), "a.tif");
    }
}
