// SPDX-License-Identifier: MIT

import ArgumentParser

/// Where the control plane is, and who asks. Every command that calls it has these.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: [.customShort("s", allowingJoined: true), .customLong("server")],
        help: ArgumentHelp(
            "Control plane, or several joined by commas; the first that is well is asked. Default: $NAVARCH_SERVER, the configuration file, else http://localhost:50051.",
            valueName: "url"))
    var server: String?

    @Option(
        name: [.customLong("auth-token"), .customLong("token")],
        help: ArgumentHelp(
            "Bearer token. Others on this machine can see it: prefer a file, or $NAVARCH_AUTH_TOKEN.",
            valueName: "token"))
    var authToken: String?

    @Option(
        name: .customLong("auth-token-file"),
        help: ArgumentHelp(
            "File with the token, closed to others. Default: $NAVARCH_AUTH_TOKEN_FILE.", valueName: "file"),
        completion: .file())
    var authTokenFile: String?

    @Option(
        name: .customLong("actor"),
        help: ArgumentHelp(
            "For whom this is done; kept with commands and in the audit log. Default: $NAVARCH_ACTOR, the configuration file, else user@host.",
            valueName: "name"))
    var actor: String?

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "Configuration file. Default: $NAVARCH_CONFIG, else ~/.config/navarch/config.yaml.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp(
            "Time for each call (30s); with --wait, or of a watch, for all of it, which otherwise ends by itself. As 500ms, 30s, 5m, 1h30m.",
            valueName: "time"))
    var timeout: DurationArgument?

    @Option(name: .customLong("protocol"), help: ArgumentHelp("connect or grpc (connect).", valueName: "name"))
    var protocolName: ProtocolName?

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("PEM file with the authorities to believe, for https servers.", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Flag(name: .customLong("insecure"), help: "Believe any certificate of an https server. Who listens in can answer.")
    var insecure = false
}

/// A protocol by the name of the option.
enum ProtocolName: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Connect over HTTP/1.1.
    case connect
    /// gRPC over HTTP/2.
    case grpc
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o", allowingJoined: true), .customLong("output")],
        help: ArgumentHelp("table, json (protobuf JSON), yaml or name (table).", valueName: "format"))
    var output: OutputFormat?
}

/// The formats of results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// For people.
    case table
    /// Protobuf JSON.
    case json
    /// The same as YAML.
    case yaml
    /// One id per line.
    case name
}
