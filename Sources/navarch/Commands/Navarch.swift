// SPDX-License-Identifier: MIT

import ArgumentParser
import BuildInfo

/// The operator's command line.
struct Navarch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "navarch", abstract: "Look after a fleet of GPU machines.", discussion: discussion,
        version: BuildInfo.line(for: "navarch"),
        groupedSubcommands: [
            CommandGroup(
                name: "The fleet",
                subcommands: [NodesGroup.self, CommandsGroup.self, InstancesGroup.self, ReplicasGroup.self]),
            CommandGroup(
                name: "Shorthands for nodes",
                subcommands: [NodesList.self, NodesGet.self, Cordon.self, Uncordon.self, Drain.self]),
            CommandGroup(name: "This program", subcommands: [Completion.self, Version.self]),
        ])

    private static let discussion: String = {
        let statuses = ExitStatus.allCases.map { status in
            "  \(status.rawValue)".padding(to: 6) + status.meaning
        }
        return (["Exit status:"] + statuses).joined(separator: "\n")
    }()
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

/// `navarch nodes`.
struct NodesGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes", abstract: "The machines of the fleet.",
        subcommands: [
            NodesList.self, NodesGet.self, NodesWatch.self, Cordon.self, Uncordon.self, Drain.self, Terminate.self,
            Diagnose.self,
        ], aliases: ["node"])
}

/// `navarch commands`.
struct CommandsGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands", abstract: "What nodes were told to do.",
        subcommands: [CommandsList.self, CommandsGet.self, CommandsWatch.self, CommandsCancel.self],
        aliases: ["command"])
}

/// `navarch replicas`.
struct ReplicasGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replicas", abstract: "The control plane's own processes.", subcommands: [ReplicasList.self],
        aliases: ["replica"])
}

/// `navarch instances`.
struct InstancesGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instances", abstract: "Machines as clouds know them.",
        subcommands: [InstancesList.self, InstancesGet.self], aliases: ["instance"])
}

/// `navarch completion`.
struct Completion: Leaf {
    static let configuration = CommandConfiguration(
        abstract: "Print a script that completes commands and options in a shell.",
        discussion: "For bash: source <(navarch completion bash)")

    /// The shells.
    enum ShellName: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: ShellName

    func run(in world: Shell) async throws {
        let script =
            switch shell {
            case .bash: Navarch.completionScript(for: .bash)
            case .zsh: Navarch.completionScript(for: .zsh)
            case .fish: Navarch.completionScript(for: .fish)
            }
        world.terminal.line(script)
    }
}

/// `navarch version`.
struct Version: Leaf {
    static let configuration = CommandConfiguration(abstract: "Show the version of this program.")

    @OptionGroup var output: OutputOptions

    func run(in shell: Shell) async throws {
        let fields = [
            ("version", BuildInfo.version), ("commit", BuildInfo.commit), ("built", BuildInfo.date),
            ("platform", Self.platform),
        ]
        let document = JSONValue.object(fields.map { JSONValue.Member(name: $0.0, value: .string($0.1)) })
        switch output.output ?? .table {
        case .table:
            shell.terminal.line("navarch version \(BuildInfo.version)")
            for (name, value) in fields.dropFirst() { shell.terminal.line("  \(name): \(value)") }
        case .name: shell.terminal.line(BuildInfo.version)
        case .json: shell.terminal.line(document.pretty())
        case .yaml: shell.terminal.out(try document.yaml())
        }
    }

    private static var platform: String {
        #if os(Linux)
            let system = "linux"
        #else
            let system = "darwin"
        #endif
        #if arch(x86_64)
            return system + "/amd64"
        #else
            return system + "/arm64"
        #endif
    }
}
