// SPDX-License-Identifier: MIT

import ArgumentParser
import Connect

/// A command that does something, as opposed to one that only groups others.
protocol Leaf: ParsableCommand {
    /// Does it.
    ///
    /// - Throws: `Failure`, which says everything there is to say.
    func run(in shell: Shell) async throws
}

/// The program as a function from arguments to an exit status.
enum CLI {
    /// Parses `arguments`, runs the command they name, and tells of a failure once, on standard error.
    static func run(_ arguments: [String], in shell: Shell) async -> ExitStatus {
        do {
            var command = try Navarch.parseAsRoot(LeadingOptions.moved(arguments))
            if let leaf = command as? any Leaf {
                try await leaf.run(in: shell)
            } else {
                // A group, or the parser's own `help`: running it throws the help to show.
                try command.run()
            }
            return .ok
        } catch let failure as Failure {
            if let message = failure.message { shell.terminal.note("Error: \(message)") }
            if let hint = failure.hint { shell.terminal.note("Hint: \(hint)") }
            return failure.status
        } catch {
            return explain(error, on: shell.terminal)
        }
    }

    /// Help that was asked for goes to standard output; everything else that the parser has to say is a usage error.
    private static func explain(_ error: any Error, on terminal: Terminal) -> ExitStatus {
        let message = Navarch.fullMessage(for: error)
        if Navarch.exitCode(for: error) == .success {
            terminal.line(message)
            return .ok
        }
        terminal.note(message)
        return Navarch.exitCode(for: error) == .validationFailure ? .usage : .failure
    }
}

/// Lets the options that every command has stand before the command as well: `navarch -s host:1 nodes list`.
enum LeadingOptions {
    /// Options with a value that may lead. Each is one of `ConnectionOptions` or `OutputOptions`.
    private static let valued: Set<String> = [
        "-s", "--server", "--auth-token", "--token", "--auth-token-file", "--config", "--timeout", "--protocol",
        "--ca-file", "--actor",
        "-o", "--output",
    ]
    private static let flags: Set<String> = ["--insecure"]

    /// `arguments` with such options moved behind the rest, before a `--`.
    static func moved(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-") {
            let name = first.prefix { $0 != "=" }
            if flags.contains(first) || (first.contains("=") && valued.contains(String(name))) {
                leading.append(rest.removeFirst())
            } else if valued.contains(first), rest.count > 1 {
                leading += [rest.removeFirst(), rest.removeFirst()]
            } else {
                break
            }
        }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return rest[..<end] + leading + rest[end...]
    }
}
