//! What `object_store` does not look for by itself: the files in `~/.aws`, and whether there is anything at all.

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Key};
use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

/// Where a machine of Amazon's gives its role's credentials.
const METADATA: ([u8; 4], u16) = ([169, 254, 169, 254], 80);

/// Sets the region and keys of `~/.aws` where the environment sets none, and returns whether calls can be signed.
pub fn complete(mut builder: AmazonS3Builder) -> (AmazonS3Builder, bool) {
    let unset = |builder: &AmazonS3Builder, key: Key| builder.get_config_value(&key).is_none();
    let profile = profile();
    let value = |name: &str| profile.get(name).cloned();
    if unset(&builder, Key::Region)
        && let Some(region) = env::var("AWS_DEFAULT_REGION").ok().or_else(|| value("region"))
    {
        builder = builder.with_region(region);
    }
    let in_environment = [
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    if !unset(&builder, Key::AccessKeyId) || in_environment.iter().any(|name| env::var_os(name).is_some()) {
        return (builder, true);
    }
    if let (Some(id), Some(secret)) = (value("aws_access_key_id"), value("aws_secret_access_key")) {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        if let Some(token) = value("aws_session_token") {
            builder = builder.with_token(token);
        }
        return (builder, true);
    }
    let machine = env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    let signed = !machine
        && TcpStream::connect_timeout(&SocketAddr::from(METADATA), Duration::from_millis(300)).is_ok();
    (builder, signed)
}

/// Returns the settings of the profile in use.
fn profile() -> HashMap<String, String> {
    let name = env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_string());
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let file = |variable: &str, name: &str| {
        let path = env::var_os(variable).map_or_else(|| home.join(".aws").join(name), PathBuf::from);
        fs::read_to_string(path).unwrap_or_default()
    };
    let mut settings = section(&file("AWS_CONFIG_FILE", "config"), &name);
    settings.extend(section(&file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), &name));
    settings
}

/// Returns the settings of one section of an `.ini` file.
fn section(text: &str, name: &str) -> HashMap<String, String> {
    let mut inside = false;
    let mut settings = HashMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(title) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let title = title.trim();
            inside = title.strip_prefix("profile ").unwrap_or(title).trim() == name;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside) {
            settings.insert(key.trim().to_string(), value.trim().to_string());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_a_section_of_either_file() {
        let text = "[default]\nregion = eu-west-1\n# region = x\n[profile lab]\naws_access_key_id=A\nregion=us-east-2\n[other]\nregion=z";
        assert_eq!(section(text, "default")["region"], "eu-west-1");
        assert_eq!(section(text, "lab")["region"], "us-east-2");
        assert_eq!(section(text, "lab").len(), 2);
        assert!(section(text, "none").is_empty());
    }
}
