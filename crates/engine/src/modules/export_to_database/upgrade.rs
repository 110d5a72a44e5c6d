/// Where the number of plots of the workspace file stands.
const WORKSPACE_COUNT: usize = 32;

/// Brings the answers of an earlier revision into the order of revision 28.
///
/// The first revision that CellProfiler 4 takes is 6; earlier ones are left as they are.
pub(super) fn upgrade(revision: u32, values: Vec<String>) -> Vec<String> {
    let mut v = values;
    if !(6..28).contains(&revision) {
        return v;
    }
    let before = |newer: u32| revision < newer;
    if before(7) {
        push(&mut v, &["No", "imgdb01", "cpuser", "", "DefaultDB.db"]);
    }
    if before(8) {
        // means, medians, standard deviations
        push(&mut v, &["Yes", "Yes", "Yes"]);
    }
    if before(9) {
        push(&mut v, &["All", ""]);
    }
    if before(10) {
        // means, medians and standard deviations of wells
        let at = v.len().saturating_sub(2);
        insert(&mut v, at, &["No", "No", "No"]);
    }
    if before(11) {
        let folder = match (at(&v, 5), at(&v, 6)) {
            ("No", _) | (_, ".") => "Default output folder",
            (_, "&") => "Default input folder",
            _ => "Custom folder",
        };
        replace(&mut v, 5, folder);
    }
    if before(12) && v.len() > 8 {
        if v[0] == "MySQL" && v[8] == "Yes" {
            v[0] = "MySQL / CSV".into();
        }
        v.remove(8);
    }
    if before(13) {
        // the longest name of a column
        push(&mut v, &["64"]);
    }
    if before(14) {
        push(&mut v, &["Single object table"]);
    }
    if before(15) && v.len() > 6 {
        let folder = joined_folder(&v[5], &v[6]);
        v.splice(5..7, [folder]);
    }
    append_properties(revision, &mut v);
    insert_fixed(revision, &mut v);
    if v.len() > 4 {
        // what the names of SQL files began with
        v.remove(4);
    }
    if at(&v, 0) == "MySQL / CSV" {
        // CellProfiler 4 writes a database instead of tables of text.
        replace(&mut v, 0, "SQLite");
    }
    v
}

/// Adds what the properties file learned to say.
fn append_properties(revision: u32, v: &mut Vec<String>) {
    let additions: [(u32, &[&str]); 5] = [
        // the address of images, thumbnails
        (16, &["", "No", ""]),
        // their contrast
        (17, &["No"]),
        (18, &["None"]),
        // plate and well
        (19, &["None", "None"]),
        (20, &["Yes", "1", "1", "0", "None", "Yes", "None", "gray", "No", "", GROUP_COLUMNS, "No", "No"]),
    ];
    for (newer, answers) in additions {
        if revision < newer {
            push(v, answers);
        }
    }
}

/// Puts in what came to stand among the settings that are always there.
fn insert_fixed(revision: u32, v: &mut Vec<String>) {
    if revision < 21 {
        insert(v, WORKSPACE_COUNT, &["1"]);
        let axis = ["Image", "Image", "", "ImageNumber"];
        push(v, &["No", "ScatterPlot"]);
        push(v, &axis);
        push(v, &axis);
    }
    let wants_address = if at(v, 21).is_empty() { "No" } else { "Yes" };
    let additions: [(u32, usize, &[&str]); 6] = [
        // the experiment and whose locations
        (22, 33, &["MyExpt", "None"]),
        // the table of classes
        (23, 35, &[""]),
        // relationships
        (24, 36, &["No"]),
        (25, 37, &["Data only"]),
        (26, 38, &[wants_address]),
        (27, 39, &["Object"]),
    ];
    for (newer, place, answers) in additions {
        if revision < newer {
            insert(v, place, answers);
        }
    }
}

const GROUP_COLUMNS: &str = "ImageNumber, Image_Metadata_Plate, Image_Metadata_Well";

fn joined_folder(choice: &str, path: &str) -> String {
    let custom = matches!(choice, "Custom folder" | "Custom folder with metadata");
    match path.chars().next() {
        _ if !custom => format!("{choice}|{path}"),
        Some('.') => format!("Default Output Folder sub-folder|{path}"),
        Some('&') => format!("Default Input Folder sub-folder|.{}", &path[1..]),
        _ => format!("Elsewhere...|{path}"),
    }
}

fn at(v: &[String], place: usize) -> &str {
    v.get(place).map_or("", String::as_str)
}

fn replace(v: &mut [String], place: usize, answer: &str) {
    if let Some(value) = v.get_mut(place) {
        *value = answer.into();
    }
}

fn push(v: &mut Vec<String>, answers: &[&str]) {
    v.extend(answers.iter().map(|&a| a.to_string()));
}

fn insert(v: &mut Vec<String>, place: usize, answers: &[&str]) {
    let place = place.min(v.len());
    v.splice(place..place, answers.iter().map(|&a| a.to_string()));
}
