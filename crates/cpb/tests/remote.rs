//! `cpb run` on files that are not of this machine; those in the lab's buckets by `cargo xtask aws-test`.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/golden")
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
    command.arg("run").args(arguments).output().unwrap()
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_program_without_s3_says_so_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let pipeline = golden().join("one-object-set/pipeline.cppipe");
    let pipeline = pipeline.to_str().unwrap();
    for arguments in [["-p", "s3://bucket/p.cppipe", "-o", out], ["-p", pipeline, "-i", "s3://bucket/images"]]
    {
        let ended = run(&arguments);
        assert_eq!(ended.status.code(), Some(10), "{}", message(&ended));
        assert!(message(&ended).contains("built without S3"), "{}", message(&ended));
    }
}

#[test]
fn labels_go_to_this_machine_only() {
    let images = golden().join("images");
    let pipeline = golden().join("one-object-set/pipeline.cppipe");
    let folder = tempfile::tempdir().unwrap();
    let paths = [pipeline.to_str().unwrap(), images.to_str().unwrap(), folder.path().to_str().unwrap()];
    let ended = run(&["-p", paths[0], "-i", paths[1], "-o", paths[2], "--labels", "s3://bucket/labels"]);
    assert_eq!(ended.status.code(), Some(2), "{}", message(&ended));
}

#[cfg(feature = "aws")]
mod in_the_lab {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use storage::{Options, Store};

    /// Returns a store of the lab's and its address, unless there is no lab.
    fn place(bucket: &str, name: &str) -> Option<(Store, String)> {
        std::env::var_os("STORAGE_TEST_BUCKET")?;
        let address = format!("s3://{bucket}/{name}-{}", std::process::id());
        Some((Store::open(&address, &Options::default()).unwrap(), address))
    }

    fn put_folder(store: &Store, folder: &Path, below: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let key = format!("{below}/{}", path.file_name().unwrap().to_str().unwrap());
            store.put(&key, fs::read(&path).unwrap()).unwrap();
        }
    }

    /// Returns a store's files, without what depends on time and on where images and results are.
    fn files(store: &Store, places: [&str; 2]) -> BTreeMap<String, Vec<u8>> {
        let keys = store.list("").map(|meta| meta.unwrap().key);
        keys.map(|key| (key.clone(), comparable(&key, store.get(&key).unwrap().to_vec(), places))).collect()
    }

    /// Returns a table with the places left out of it, and without the columns of times.
    fn comparable(name: &str, bytes: Vec<u8>, places: [&str; 2]) -> Vec<u8> {
        if name.ends_with("Experiment.csv") {
            return Vec::new();
        }
        let Ok(text) = String::from_utf8(bytes.clone()) else { return bytes };
        let without =
            |text: String, place: &&str| text.replace(&format!("file:{place}"), "").replace(place, "");
        let text = places.iter().fold(text, without);
        if !name.ends_with("Image.csv") {
            return text.into_bytes();
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let kept: Vec<usize> =
            (0..rows[0].len()).filter(|&n| !rows[0][n].contains("ExecutionTime_")).collect();
        let text =
            |row: &csv::StringRecord| kept.iter().map(|&n| format!("{},", &row[n])).collect::<String>();
        rows.iter().map(|row| text(row) + "\n").collect::<String>().into_bytes()
    }

    #[track_caller]
    fn ends_well(arguments: &[&str]) {
        let ended = run(arguments);
        assert!(ended.status.success(), "{}", message(&ended));
    }

    #[test]
    fn a_run_on_a_bucket_leaves_there_what_a_local_run_leaves() {
        let Some((store, address)) = place("cpb-test", "run") else { return };
        for case in ["one-object-set", "export-and-save"] {
            let pipeline = golden().join(case).join("pipeline.cppipe");
            store.put(&format!("{case}/my pipeline #1.cppipe"), fs::read(&pipeline).unwrap()).unwrap();
            put_folder(&store, &golden().join("images"), &format!("{case}/images"));
            let local = tempfile::tempdir().unwrap();
            let images = golden().join("images").canonicalize().unwrap();
            let paths =
                [pipeline.to_str().unwrap(), images.to_str().unwrap(), local.path().to_str().unwrap()];
            ends_well(&["-p", paths[0], "-i", paths[1], "-o", paths[2]]);
            let at = |key: &str| format!("{address}/{case}/{key}");
            let remote = [at("my pipeline #1.cppipe"), at("images/"), at("out/"), at("done")];
            ends_well(&["-p", &remote[0], "-i", &remote[1], "-o", &remote[2], "-d", &remote[3]]);
            let out = store.folder(&format!("{case}/out"));
            let (expected, found) = (
                files(&Store::local(local.path()), [paths[1], paths[2]]),
                files(&out, [&at("images"), &at("out")]),
            );
            assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{case}");
            expected.iter().for_each(|(name, bytes)| assert!(*bytes == found[name], "{case}: {name}"));
            assert_eq!(store.get(&format!("{case}/done")).unwrap(), "Complete\n");
            if case == "one-object-set" {
                let table = String::from_utf8(out.get("Image.csv").unwrap().to_vec()).unwrap();
                assert!(table.contains(&format!("{address}/{case}/images")), "{table}");
            }
        }
    }

    #[test]
    fn a_file_list_names_objects() {
        let Some((store, address)) = place("cpb-test", "list") else { return };
        put_folder(&store, &golden().join("images"), "images");
        let urls: Vec<String> = store.list("images").map(|meta| store.url(&meta.unwrap().key)).collect();
        store.put("list.txt", urls.join("\n")).unwrap();
        let pipeline = golden().join("one-object-set/pipeline.cppipe");
        let out = format!("{address}/out");
        ends_well(&[
            "-p",
            pipeline.to_str().unwrap(),
            "--file-list",
            &format!("{address}/list.txt"),
            "-o",
            &out,
        ]);
        assert!(store.head("out/Nuclei.csv").unwrap().size > 100);
    }

    #[test]
    fn a_table_names_images_of_other_buckets_and_of_the_web() {
        let Some((public, public_address)) = place("cpb-public", "images") else { return };
        let Some((ours, address)) = place("cpb-test", "table") else { return };
        put_folder(&public, &golden().join("images"), "a b");
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
        // The web serves what anybody may read; the lab's own bucket gives objects to anybody by their ACL.
        let web = format!("{endpoint}/cpb-public/web/site2_DNA.tif");
        let table = format!("URL_DNA,Metadata_Site\n{public_address}/a b/site1_DNA.tif,1\n{web},2\n");
        ours.put("load_data.csv", table).unwrap();
        let pipeline = fs::read(golden().join("input-table/pipeline.cppipe")).unwrap();
        ours.put("p.cppipe", pipeline).unwrap();
        let at = |key: &str| format!("{address}/{key}");
        ends_well(&["-p", &at("p.cppipe"), "--data-file", &at("load_data.csv"), "-o", &at("out")]);
        let image = String::from_utf8(ours.get("out/Image.csv").unwrap().to_vec()).unwrap();
        let mut rows = csv::Reader::from_reader(image.as_bytes());
        let headers = rows.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert_eq!(&rows[0][column("URL_DNA")], format!("{public_address}/a b/site1_DNA.tif"));
        let md5: Vec<&str> = rows.iter().map(|row| &row[column("MD5Digest_DNA")]).collect();
        // What `md5sum` says of the files.
        assert_eq!(md5, ["d2593f0e112b775dec64586adb3bd8b9", "ce2ec827b5144268b982199131c11061"]);
    }
}
