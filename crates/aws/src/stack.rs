/// A stack of CloudFormation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// `network-cpb`: the VPC.
    Network,
    /// `data-cpb`: bucket and repositories, which stay when the rest goes.
    Data,
    /// `batch-cpb`: queue, dispatcher, Batch.
    Batch,
}

impl Stack {
    /// All stacks, in the order in which they are deployed.
    pub const ALL: [Self; 3] = [Self::Network, Self::Data, Self::Batch];

    /// Returns the template, YAML.
    pub fn template(self) -> &'static str {
        match self {
            Self::Network => include_str!("../templates/network.yaml"),
            Self::Data => include_str!("../templates/data.yaml"),
            Self::Batch => include_str!("../templates/batch.yaml"),
        }
    }

    /// Returns the stack's name: the sample's.
    pub fn name(self, prefix: &str) -> String {
        match self {
            Self::Network => format!("network-{prefix}"),
            Self::Data => format!("data-{prefix}"),
            Self::Batch => format!("batch-{prefix}"),
        }
    }

    /// Returns the names of the template's parameters.
    pub fn parameters(self) -> Vec<&'static str> {
        let lines = self.template().lines().skip_while(|line| *line != "Parameters:").skip(1);
        let lines = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
        let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        names.filter_map(|line| line.trim().strip_suffix(':')).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_a_template_are_found() {
        assert_eq!(
            Stack::Network.parameters(),
            ["NamePrefix", "VpcCidr", "SubnetCidrs", "Network", "FlowLogDays"]
        );
        assert!(Stack::Batch.parameters().contains(&"NativeImage"));
    }

    #[test]
    fn outputs_have_the_names_and_exports_of_the_sample() {
        let batch = Stack::Batch.template();
        for name in [
            "SQSQueueURL",
            "BucketName",
            "ECRRepositoryURL",
            "FSxFileSystemID",
            "EC2LaunchTemplateID",
            "BatchComputeEnvironmentARN",
            "BatchJobQueueARN",
            "BatchJobDefinitionARN",
            "LambdaFunctionARN",
        ] {
            assert!(
                batch.contains(&format!("\n  {name}:")) && batch.contains(&format!("{{Name: {name}}}")),
                "{name}"
            );
        }
        let network = Stack::Network.template();
        assert!(network.contains("${NamePrefix}-nw-vpc") && network.contains("${NamePrefix}-nw-subnet0"));
    }
}
