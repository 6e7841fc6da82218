// SPDX-License-Identifier: MIT

import ArgumentParser

/// `navarch nodes cordon`.
struct Cordon: Leaf {
    static let configuration = CommandConfiguration(
        abstract: "Take nodes out of scheduling.",
        discussion: "What runs on them goes on. `uncordon` puts them back.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var issue: IssueOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let job = IssueJob(type: .cordon, verb: "cordon", done: "cordoned", isDrastic: false)
        try await job.run(targets, issue, Settings(connection, output, waits: issue.wait, in: shell), in: shell)
    }
}

/// `navarch nodes uncordon`.
struct Uncordon: Leaf {
    static let configuration = CommandConfiguration(
        abstract: "Put nodes back into scheduling.",
        discussion: "From cordoned, draining or unhealthy. Say why by --reason: it is kept.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var issue: IssueOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let job = IssueJob(type: .uncordon, verb: "uncordon", done: "uncordoned", isDrastic: false)
        try await job.run(targets, issue, Settings(connection, output, waits: issue.wait, in: shell), in: shell)
    }
}

/// `navarch nodes drain`.
struct Drain: Leaf {
    static let configuration = CommandConfiguration(
        abstract: "Take nodes out of scheduling and have their work moved away.",
        discussion: "The agent runs the drain hook that it was configured with. --wait waits until that ended.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var issue: IssueOptions
    @OptionGroup var force: ForceOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        var job = IssueJob(type: .drain, verb: "drain", done: "draining", isDrastic: true)
        force.apply(to: &job)
        try await job.run(targets, issue, Settings(connection, output, waits: issue.wait, in: shell), in: shell)
    }
}

/// `navarch nodes terminate`.
struct Terminate: Leaf {
    static let configuration = CommandConfiguration(
        abstract: "Drain nodes, shut their machines down, and retire them.",
        discussion: "The agent drains, runs the shutdown command that it was configured with, and stops.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var issue: IssueOptions
    @OptionGroup var force: ForceOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        var job = IssueJob(type: .terminate, verb: "terminate", done: "terminating", isDrastic: true)
        force.apply(to: &job)
        try await job.run(targets, issue, Settings(connection, output, waits: issue.wait, in: shell), in: shell)
    }
}

/// How hard a node is drained.
struct ForceOptions: ParsableArguments {
    @Flag(name: .customLong("force"), help: "Tell the drain hook not to wait for work that resists.")
    var force = false

    @Option(
        name: .customLong("deadline"),
        help: ArgumentHelp("How long it may run before it is stopped.", valueName: "time"))
    var deadline: DurationArgument?

    /// What a command may take beyond its deadline: to stop the hook, to shut down, and to report.
    private static let slack = Duration.seconds(600)

    /// Puts what was asked for into `job`. The agent stops its hook at the deadline and says so; the command's own time ends
    /// later, or the two would race for what the outcome is called.
    func apply(to job: inout IssueJob) {
        if force { job.parameters["force"] = "true" }
        guard let deadline = deadline?.duration else { return }
        job.parameters["timeout"] = "\(max(1, deadline.components.seconds))"
        job.runTimeout = deadline + Self.slack
    }
}

/// `navarch nodes diagnose`.
struct Diagnose: Leaf {
    static let configuration = CommandConfiguration(
        abstract: "Run a diagnostic on nodes.",
        discussion: """
            Built in are disk, memory, clock, network, kernel_log and all; an agent may be given more. With --wait the \
            measured values are shown as a table, and with -o json as the document that the agent sent.
            """)

    @OptionGroup var targets: TargetOptions

    @Option(help: "Which diagnostic.")
    var test = "all"

    @Option(
        name: .customLong("param"),
        help: ArgumentHelp("A parameter of the diagnostic; repeatable.", valueName: "key=value"))
    var parameters: [String] = []

    @OptionGroup var issue: IssueOptions

    @Option(
        name: .customLong("deadline"),
        help: ArgumentHelp("How long it may run before it is stopped.", valueName: "time"))
    var deadline: DurationArgument?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        for parameter in parameters where parameter.prefix(while: { $0 != "=" }).count == parameter.count {
            throw ValidationError("--param is key=value, not \(parameter)")
        }
    }

    func run(in shell: Shell) async throws {
        var job = IssueJob(type: .runDiagnostic, verb: "diagnose", done: "is being diagnosed", isDrastic: false)
        for parameter in parameters {
            let key = parameter.prefix { $0 != "=" }
            job.parameters[String(key)] = String(parameter.dropFirst(key.count + 1))
        }
        job.parameters["test"] = test
        job.runTimeout = deadline?.duration
        job.printsDocument = true
        try await job.run(targets, issue, Settings(connection, output, waits: issue.wait, in: shell), in: shell)
    }
}
