// SPDX-License-Identifier: MIT
import Configuration
import Logging

/// Every setting of `navarchd`, and what it says to the original's keys that have no meaning here (decision 0240).
enum DaemonSchema {
    /// The table.
    static let schema = ConfigurationSchema(server + database + access + retention, refusals: refusals)

    private static let toADay = Duration.zero...Duration.seconds(86_400)
    private static let toTenYears = Duration.seconds(3_600)...Duration.seconds(3_650 * 86_400)

    private static let server = [
        ConfigurationField(
            "server.address", .address, default: "127.0.0.1:50051", environment: "NAVARCH_LISTEN", flag: "listen",
            "Where to listen; port 0 takes a free one."),
        ConfigurationField(
            "server.advertise", .string, environment: "NAVARCH_ADVERTISE",
            "Where others reach this replica, HOST:PORT; unset: where it listens."),
        ConfigurationField("server.region", .string, environment: "NAVARCH_REGION", "Where this replica runs."),
        ConfigurationField(
            "server.heartbeat_interval", .duration(.seconds(1)...(.seconds(3_600))), default: "30s",
            environment: "NAVARCH_HEARTBEAT_INTERVAL",
            "Between heartbeats of an agent; longer in fleets that would beat too often."),
        ConfigurationField(
            "server.heartbeat_timeout", .duration(.seconds(1)...(.seconds(86_400))),
            environment: "NAVARCH_HEARTBEAT_TIMEOUT",
            "Silence that makes a node unreachable, at least 2 × interval + 25s; unset: 3 × interval, at least 90s."),
        ConfigurationField(
            "server.health_check_interval", .duration(.seconds(1)...(.seconds(86_400))), default: "1m",
            environment: "NAVARCH_HEALTH_CHECK_INTERVAL", "Between health checks of an agent."),
        ConfigurationField(
            "server.drain_notice", .duration(toADay), default: "1s", environment: "NAVARCH_DRAIN_NOTICE",
            "How long balancers get to see that a replica goes before its port closes."),
        ConfigurationField(
            "server.drain_grace", .duration(toADay), default: "30s", environment: "NAVARCH_DRAIN_GRACE",
            "How long calls in flight may go on after that."),
        ConfigurationField(
            "server.notify", .bool, default: "true", environment: "NAVARCH_NOTIFY",
            "Tell other replicas of changes by NOTIFY; without it they find them within a second."),
        ConfigurationField(
            "log.level", .oneOf(Logger.Level.allCases.map(\.rawValue)), default: "info",
            environment: "NAVARCH_LOG_LEVEL",
            flag: "log-level", "What is logged."),
    ]

    private static let database = [
        ConfigurationField(
            "database.url", .string, environment: "NAVARCH_DATABASE_URL", flag: "database", isSecret: true,
            isRequired: true,
            "PostgreSQL, as a URI or key=value pairs; may lead through PgBouncer in transaction mode."),
        ConfigurationField(
            "database.session_url", .string, environment: "NAVARCH_SESSION_DATABASE_URL", flag: "session-database",
            isSecret: true,
            "PostgreSQL's primary without a pooler, for LISTEN and locks; unset: as database.url."),
        ConfigurationField(
            "database.pool_size", .int(1...64), default: "4", environment: "NAVARCH_POOL_SIZE",
            "Connections in the pool."),
    ]

    private static let access = [
        ConfigurationField(
            "auth.token", .string, environment: "NAVARCH_AUTH_TOKEN", flag: "auth-token", isSecret: true,
            "Shared bearer token; without any every path is open."),
        ConfigurationField(
            "auth.token_file", .string, environment: "NAVARCH_AUTH_TOKEN_FILE", flag: "auth-token-file",
            "File with shared bearer tokens, one a line, beside auth.token."),
    ]

    private static let retention = [
        ConfigurationField(
            "retention.commands", .duration(toTenYears), default: "720h", environment: "NAVARCH_RETENTION_COMMANDS",
            flag: "retention-commands",
            "How long commands that have ended are kept, and with them their idempotency keys."),
        ConfigurationField(
            "retention.events", .duration(toTenYears), default: "168h", environment: "NAVARCH_RETENTION_EVENTS",
            flag: "retention-events", "How long events of the change feed are kept."),
        ConfigurationField(
            "retention.health_reports", .duration(toTenYears), default: "168h",
            environment: "NAVARCH_RETENTION_HEALTH_REPORTS", flag: "retention-health-reports",
            "How long health reports are kept, beyond the latest of each check."),
    ]

    private static let notBuilt = "this release keeps machines that others provide and provisions none"
    private static let refusals = [
        ConfigurationRefusal(
            "server.external_address",
            "nodes are not bootstrapped by this release; give agents the address by --server, and others this replica's by server.advertise"
        ),
        ConfigurationRefusal("server.autoscale_interval", notBuilt + "; remove it"),
        ConfigurationRefusal(
            "server.health_policy",
            "health policies are not evaluated by this release; agents' own verdicts count; remove it"),
        ConfigurationRefusal(
            "server.notifier",
            "webhooks are not sent by this release; follow changes with navarch nodes watch or NodeService.WatchNodes, and drain by the agent's --drain-hook"
        ),
        ConfigurationRefusal("providers", notBuilt + "; tell each agent its provider by --provider"),
        ConfigurationRefusal("pools", notBuilt + "; tell each agent its pool by --pool"),
        ConfigurationRefusal("defaults", notBuilt + "; remove it"),
    ]
}
