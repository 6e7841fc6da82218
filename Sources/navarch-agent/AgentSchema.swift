// SPDX-License-Identifier: MIT
import Configuration
import Logging
import NavarchClient

/// Every setting of `navarch-agent`.
enum AgentSchema {
    /// The table.
    static let schema = ConfigurationSchema(connection + node + effects)

    private static let connection = [
        ConfigurationField(
            "server", .strings, default: NavarchClient.defaultServer, environment: "NAVARCH_SERVER",
            "Control plane's URL, or several; an agent picks one at random and moves on when it is not well."),
        ConfigurationField(
            "auth_token", .string, environment: "NAVARCH_AUTH_TOKEN", isSecret: true,
            "Bearer token; as an option others on the machine can read it."),
        ConfigurationField(
            "auth_token_file", .string, environment: "NAVARCH_AUTH_TOKEN_FILE",
            "File whose first line is the bearer token; read again at every call."),
        ConfigurationField(
            "log_level", .oneOf(Logger.Level.allCases.map(\.rawValue)), default: "info",
            environment: "NAVARCH_LOG_LEVEL",
            "What is logged."),
    ]

    private static let node = [
        ConfigurationField(
            "node_id", .string, environment: "NAVARCH_NODE_ID", "Name of this node; unset: the host's name."),
        ConfigurationField(
            "state_dir", .string, environment: "NAVARCH_STATE_DIR",
            "Directory of the journal, one for each agent of a host; unset: /var/lib/navarch-agent, or below the user's state directory."
        ),
        ConfigurationField("provider", .string, default: "gcp", environment: "NAVARCH_PROVIDER", "Cloud or site."),
        ConfigurationField("region", .string, environment: "NAVARCH_REGION", "Region of the provider."),
        ConfigurationField("zone", .string, environment: "NAVARCH_ZONE", "Zone of the region."),
        ConfigurationField(
            "instance_type", .string, environment: "NAVARCH_INSTANCE_TYPE",
            "The provider's name for the machine's shape."),
        ConfigurationField("pool", .string, environment: "NAVARCH_POOL", "Pool; becomes the label pool."),
        ConfigurationField("labels", .pairs, environment: "NAVARCH_LABELS", flag: "label", "Labels of the node."),
        ConfigurationField(
            "fake_gpus", .int(0...1_024), environment: "NAVARCH_FAKE_GPUS",
            "Pretend to have this many GPUs, each labelled fake."),
        ConfigurationField(
            "expect_gpus", .int(0...1_024), environment: "NAVARCH_EXPECT_GPUS", "Unhealthy with fewer GPUs than this."),
    ]

    private static let effects = [
        ConfigurationField(
            "diagnostics_dir", .string, environment: "NAVARCH_DIAGNOSTICS_DIR",
            "Directory of executables that run_diagnostic may run by name, at most once each."),
        ConfigurationField(
            "drain_hook", .string, environment: "NAVARCH_DRAIN_HOOK", "Shell command that drains the node."),
        ConfigurationField(
            "shutdown_command", .string, environment: "NAVARCH_SHUTDOWN_COMMAND",
            "Shell command that shuts the host down, for terminate."),
    ]
}
