// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel

/// What an operator configured for the commands of one host.
public struct HostExecutorConfiguration: Sendable {
    /// The node's name, told to programs.
    public var nodeID: String
    /// Where built-in diagnostics may write a small file.
    public var stateDirectory: String
    /// Base URLs of the control plane, for the diagnostics of network and clock.
    public var servers: [String] = []
    /// Directory of the operator's own diagnostics; nil: none.
    public var diagnosticsDirectory: String?
    /// Shell command that drains the node; nil: nothing to drain.
    public var drainHook: String?
    /// Shell command that shuts the host down; nil: terminate stops the agent only.
    public var shutdownCommand: String?

    /// A configuration without any program of the operator's.
    public init(nodeID: String, stateDirectory: String) {
        self.nodeID = nodeID
        self.stateDirectory = stateDirectory
    }
}

/// Does commands on a real host.
public struct HostExecutor: CommandExecutor {
    /// Unless the command says otherwise; the original's.
    static let defaultDrainSeconds = 300.0

    let configuration: HostExecutorConfiguration

    /// Does what `configuration` says.
    public init(_ configuration: HostExecutorConfiguration) { self.configuration = configuration }

    /// Built-in diagnostics and drains are repeatable, the operator's executables run once, a shutdown is seen by the boot id.
    public func replayClass(of command: AgentCommand) -> ReplayClass {
        switch command.kind {
        case .drain, .unsupported: .repeatable
        case .terminate: configuration.shutdownCommand == nil ? .repeatable : .observable
        case .runDiagnostic: BuiltInDiagnostic.named(testName(command)) == nil ? .once : .repeatable
        }
    }

    /// Does the command.
    public func execute(_ command: AgentCommand, progress: ProgressMeter) async -> Execution {
        switch command.kind {
        case .drain: await drain(command, progress)
        case .terminate: await terminate(command, progress)
        case .runDiagnostic: await diagnose(command, progress)
        case .unsupported:
            Execution(CommandOutcome(.failed, "this agent does not know the command's type", exitCode: 64))
        }
    }

    private func testName(_ command: AgentCommand) -> String { command.parameters["test"] ?? "all" }

    private func drain(_ command: AgentCommand, _ progress: ProgressMeter) async -> Execution {
        guard let hook = configuration.drainHook else {
            return Execution(CommandOutcome(.succeeded, "no drain hook is configured; nothing to drain"))
        }
        return await within(seconds: drainSeconds(command), "drain hook") {
            await run(["/bin/sh", "-c", hook], command, progress, "drain hook")
        }
    }

    private func drainSeconds(_ command: AgentCommand) -> Double {
        let told = command.parameters["timeout"].flatMap { Double($0) }.map {
            $0.isFinite && $0 > 0 ? $0 : Self.defaultDrainSeconds
        }
        return told ?? Self.defaultDrainSeconds
    }

    /// Drains, shuts down, and has the agent stop. A drain that fails ends it, unless it is forced.
    private func terminate(_ command: AgentCommand, _ progress: ProgressMeter) async -> Execution {
        let drained = await drain(command, progress)
        if drained.wasStopped { return drained }
        guard drained.outcome.state == .succeeded || isForced(command) else {
            var failed = drained
            failed.outcome.result.message = "not terminated, the drain failed: " + drained.outcome.result.message
            return failed
        }
        var ended = Execution(CommandOutcome(.succeeded, "the agent stops; no shutdown command is configured"))
        if let shutdown = configuration.shutdownCommand {
            ended = await run(["/bin/sh", "-c", shutdown], command, progress, "shutdown command")
        }
        ended.endsAgent = ended.outcome.state == .succeeded && command.parameters["exit"] != "false"
        return ended
    }

    private func isForced(_ command: AgentCommand) -> Bool { command.parameters["force"] == "true" }

    private func diagnose(_ command: AgentCommand, _ progress: ProgressMeter) async -> Execution {
        let name = testName(command)
        if let tests = BuiltInDiagnostic.named(name) {
            let context = DiagnosticContext(
                stateDirectory: configuration.stateDirectory, servers: configuration.servers)
            return await DiagnosticRun(tests: tests, context: context, progress: progress).execute()
        }
        guard let program = executable(name) else {
            let known = BuiltInDiagnostic.allCases.map(\.rawValue).joined(separator: ", ")
            let here =
                configuration.diagnosticsDirectory.map { "an executable in \($0)" }
                ?? "nothing else (no --diagnostics-dir)"
            return Execution(
                CommandOutcome(
                    .failed, "unknown test \"\(name.prefix(128))\": accepted are all, \(known), and \(here)",
                    exitCode: 64))
        }
        var execution = await run([program], command, progress, name)
        let output = execution.outcome.result.output
        // Output that is one JSON object is the result; anything else is just output.
        if output.hasPrefix("{"), (try? JSONSerialization.jsonObject(with: Data(output.utf8))) != nil {
            execution.outcome.result.json = output
        }
        return execution
    }

    /// The operator's executable of this name; nil for a name that could lead out of the directory, and for what is no executable file in it.
    func executable(_ name: String) -> String? {
        guard let directory = configuration.diagnosticsDirectory, !name.isEmpty, name.utf8.count <= 128,
            !name.hasPrefix("."),
            name.utf8.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
                    || "._-".utf8.contains($0)
            })
        else { return nil }
        let inside = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        let path = URL(fileURLWithPath: inside + "/" + name).resolvingSymlinksInPath().path
        var isDirectory: ObjCBool = false
        guard path.hasPrefix(inside + "/"), FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
            !isDirectory.boolValue,
            access(path, X_OK) == 0
        else { return nil }
        return path
    }

    /// Runs a program with the command's particulars in its environment.
    private func run(_ arguments: [String], _ command: AgentCommand, _ progress: ProgressMeter, _ what: String) async
        -> Execution
    {
        let program = HostProgram(command: arguments, environment: environment(for: command))
        do {
            let end = try await program.run { line in
                guard let (percent, message) = ProgressLine.read(line) else { return }
                progress.report(percent, message)
            }
            var result = CommandResult()
            result.exitCode = end.code
            result.output = end.output
            result.truncated = end.isTruncated
            result.message = end.code == 0 ? "\(what) ended well" : "\(what) ended with status \(end.code)"
            var execution = Execution(CommandOutcome(end.code == 0 ? .succeeded : .failed, result))
            execution.wasStopped = end.wasStopped
            return execution
        } catch {
            return Execution(CommandOutcome(.failed, "\(what) was not started: \(error)", exitCode: 127))
        }
    }

    /// The agent's own environment without its secret, and what the command says.
    func environment(for command: AgentCommand) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["NAVARCH_AUTH_TOKEN"] = nil
        environment["NAVARCH_NODE_ID"] = configuration.nodeID
        environment["NAVARCH_COMMAND_ID"] = command.id
        environment["NAVARCH_REASON"] = command.reason
        environment["NAVARCH_FORCE"] = isForced(command) ? "true" : "false"
        environment["NAVARCH_TIMEOUT_SECONDS"] = "\(Int(drainSeconds(command).rounded(.up)))"
        for (name, value) in command.parameters {
            let safe = name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            environment["NAVARCH_PARAM_" + String(safe)] = value
        }
        return environment
    }

    /// Ends `work` after so many seconds, by cancelling it.
    private func within(seconds: Double, _ what: String, _ work: @escaping @Sendable () async -> Execution) async
        -> Execution
    {
        let isLate = Signal()
        let ended = await withTaskGroup(of: Execution?.self) { group in
            group.addTask(operation: work)
            group.addTask {
                // Cancelled when the work has ended first.
                guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return nil }
                isLate.raise()
                return nil
            }
            var ended: Execution?
            for await one in group {
                ended = ended ?? one
                group.cancelAll()
            }
            return ended ?? Execution(CommandOutcome(.unknown, "\(what) gave no end"))
        }
        guard isLate.isRaised, ended.wasStopped else { return ended }
        var late = ended
        late.wasStopped = false
        late.outcome.state = .failed
        late.outcome.result.message = "\(what) was stopped at its deadline of \(seconds) s"
        return late
    }
}

/// A line by which a program says how far it is: `NAVARCH_PROGRESS 40 copying`.
enum ProgressLine {
    /// Per cent and message; nil for any other line.
    static func read(_ line: String) -> (Double, String)? {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "NAVARCH_PROGRESS", let percent = Double(words[1]), percent.isFinite else {
            return nil
        }
        return (percent, words.count > 2 ? String(words[2]) : "")
    }
}
