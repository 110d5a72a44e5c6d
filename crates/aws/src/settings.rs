//! `cpb.toml`: what a deployment is to be like.

use crate::Stack;
use std::collections::BTreeMap;

/// A setting: its name in `cpb.toml`, the sample's name in `constants.py` if it had one, and the parameter it sets.
pub struct Setting {
    /// The name in `cpb.toml`.
    pub key: &'static str,
    /// The sample's name in `constants.py`.
    pub sample: Option<&'static str>,
    /// The stacks' parameter; none for what `cpb` itself obeys.
    pub parameter: Option<&'static str>,
}

const fn setting(key: &'static str, sample: Option<&'static str>, parameter: &'static str) -> Setting {
    Setting { key, sample, parameter: Some(parameter) }
}

/// Every setting. What each means is the description of its parameter in the templates.
pub const SETTINGS: &[Setting] = &[
    setting("name_prefix", Some("NAME_PREFIX"), "NamePrefix"),
    Setting { key: "region", sample: Some("AWS_REGION"), parameter: None },
    Setting { key: "removal_policy", sample: Some("REMOVAL_POLICY"), parameter: None },
    Setting { key: "auto_delete_objects", sample: Some("AUTO_DELETE_OBJECTS"), parameter: None },
    setting("compute_min_cpu", Some("COMPUTE_MIN_CPU"), "MinVcpus"),
    setting("compute_max_cpu", Some("COMPUTE_MAX_CPU"), "MaxVcpus"),
    setting("compute_bid_percent", Some("COMPUTE_BID_PERCENT"), "SpotPercent"),
    setting("instance_class", Some("INSTANCE_CLASS"), "InstanceTypes"),
    setting("ebs_vol_size", Some("EBS_VOL_SIZE"), "DiskGiB"),
    setting("job_cpu", Some("JOB_CPU"), "JobVcpus"),
    setting("job_memory", Some("JOB_MEMORY"), "JobMemory"),
    setting("job_attempts", Some("JOB_ATTEMPTS"), "JobAttempts"),
    setting("job_timeout", Some("JOB_TIMEOUT"), "JobTimeout"),
    setting("sqs_message_visibility", Some("SQS_MESSAGE_VISIBILITY"), "QueueVisibility"),
    setting("requirements_file", Some("REQUIREMENTS_FILE"), "RequirementsFile"),
    setting("network", None, "Network"),
    setting("vpc_cidr", None, "VpcCidr"),
    setting("subnet_cidrs", None, "SubnetCidrs"),
    setting("flow_log_days", None, "FlowLogDays"),
    setting("vpc", None, "VpcId"),
    setting("subnets", None, "SubnetIds"),
    setting("versioning", None, "Versioning"),
    setting("scratch_days", None, "ScratchDays"),
    setting("storage", None, "Storage"),
    setting("receives", None, "Receives"),
    setting("dispatcher_concurrency", None, "DispatcherConcurrency"),
    setting("fargate_cpu", None, "FargateVcpus"),
    setting("fargate_memory", None, "FargateMemory"),
    setting("log_days", None, "LogDays"),
    setting("monthly_budget", None, "MonthlyBudget"),
    setting("notify_email", None, "NotifyEmail"),
    setting("cellprofiler_image", None, "CellProfilerImage"),
    setting("cellprofiler_version", None, "CellProfilerVersion"),
];

/// The settings of a deployment; what is not set is as the templates' defaults say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    values: BTreeMap<String, String>,
    /// Tags of every resource.
    pub tags: BTreeMap<String, String>,
}

/// What is wrong with `cpb.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is not TOML.
    #[error("cpb.toml: {0}")]
    Toml(String),
    /// There is no such setting.
    #[error("cpb.toml: there is no setting `{0}`{1}")]
    Unknown(String, String),
    /// A value is none of its setting.
    #[error("cpb.toml: `{0}` is a text, a number, true or false, or a list of these")]
    Value(String),
}

impl Settings {
    /// Reads the text of a `cpb.toml`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let table: toml::Table =
            text.parse().map_err(|e: toml::de::Error| SettingsError::Toml(e.to_string()))?;
        let mut settings = Self::default();
        for (key, value) in table {
            if let (true, Some(tags)) = (key == "tags", value.as_table()) {
                for (name, value) in tags {
                    settings.tags.insert(name.clone(), plain(name, value)?);
                }
                continue;
            }
            if !SETTINGS.iter().any(|setting| setting.key == key) {
                let of_sample = SETTINGS.iter().find(|s| s.sample.is_some_and(|n| n == key));
                let hint = of_sample.map(|s| format!(": here it is `{}`", s.key)).unwrap_or_default();
                return Err(SettingsError::Unknown(key, hint));
            }
            settings.values.insert(key.clone(), plain(&key, &value)?);
        }
        Ok(settings)
    }

    /// Returns a setting, if it is set.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// Returns what names begin with.
    pub fn prefix(&self) -> &str {
        self.get("name_prefix").unwrap_or("cpb")
    }

    /// Returns the parameters of a stack that are set.
    pub fn parameters(&self, stack: Stack) -> Vec<(String, String)> {
        let known = stack.parameters();
        let set = SETTINGS.iter().filter_map(|setting| {
            let parameter = setting.parameter.filter(|parameter| known.contains(parameter))?;
            Some((parameter.to_string(), self.get(setting.key)?.to_string()))
        });
        set.collect()
    }
}

fn plain(key: &str, value: &toml::Value) -> Result<String, SettingsError> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        toml::Value::Array(list) => {
            Ok(list.iter().map(|one| plain(key, one)).collect::<Result<Vec<_>, _>>()?.join(","))
        }
        _ => Err(SettingsError::Value(key.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_sets_a_parameter_that_a_template_has_and_every_name_of_the_sample_is_here() {
        let all: Vec<&str> = Stack::ALL.iter().flat_map(|stack| stack.parameters()).collect();
        for setting in SETTINGS {
            assert!(setting.parameter.is_none_or(|parameter| all.contains(&parameter)), "{}", setting.key);
        }
        let sample = "NAME_PREFIX AWS_REGION REMOVAL_POLICY AUTO_DELETE_OBJECTS COMPUTE_MIN_CPU COMPUTE_MAX_CPU \
            COMPUTE_BID_PERCENT INSTANCE_CLASS EBS_VOL_SIZE JOB_CPU JOB_MEMORY JOB_ATTEMPTS JOB_TIMEOUT SQS_MESSAGE_VISIBILITY \
            REQUIREMENTS_FILE";
        for name in sample.split_whitespace() {
            assert!(SETTINGS.iter().any(|setting| setting.sample == Some(name)), "{name}");
        }
    }

    #[test]
    fn a_file_is_read_and_its_faults_are_named() {
        let text = "instance_class = [\"c7i\", \"m7i\"]\njob_cpu = 8\nnetwork = \"nat\"\n[tags]\nproject = \"screen\"";
        let settings = Settings::parse(text).expect("settings");
        assert_eq!(
            settings.parameters(Stack::Batch),
            [("InstanceTypes".into(), "c7i,m7i".into()), ("JobVcpus".into(), "8".into())]
        );
        assert_eq!(settings.parameters(Stack::Network), [("Network".to_string(), "nat".to_string())]);
        assert_eq!(settings.tags["project"], "screen");
        let said = |text| Settings::parse(text).expect_err("a fault").to_string();
        assert_eq!(said("JOB_CPU = 4"), "cpb.toml: there is no setting `JOB_CPU`: here it is `job_cpu`");
        assert!(said("job_cpu = ").starts_with("cpb.toml: TOML parse error"));
    }
}
