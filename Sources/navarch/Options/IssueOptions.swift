// SPDX-License-Identifier: MIT

import ArgumentParser
import NavarchClient

/// Why, and under which key, a command is issued.
struct IssueOptions: ParsableArguments {
    @Option(help: "Why; kept with the command and shown with the node.")
    var reason: String?

    @Option(
        name: .customLong("idempotency-key"),
        help: ArgumentHelp(
            "Issue at most once under this key; repeat the call with it when its outcome is unknown.", valueName: "key")
    )
    var idempotencyKey: String?

    @Option(name: .customLong("ttl"), help: ArgumentHelp("How long it may wait for its node (24h).", valueName: "time"))
    var ttl: DurationArgument?

    @Flag(name: .customLong("wait"), help: "Wait until it ended, and exit by how it ended.")
    var wait = false

    /// The key of this run: the same for every attempt.
    func key() -> String { idempotencyKey ?? IdempotencyKey.make() }
}

/// Which nodes a command is for.
struct TargetOptions: ParsableArguments {
    @Argument(help: "Nodes, by id.")
    var nodes: [String] = []

    @Option(
        name: [.customShort("l", allowingJoined: true), .customLong("selector")],
        help: ArgumentHelp("All nodes with these labels instead, as in pool=a,zone in (x,y).", valueName: "labels"))
    var selector: String?

    @Flag(name: .customLong("dry-run"), help: "Only show the nodes that it would be issued for.")
    var dryRun = false

    @Flag(
        name: [.customShort("y"), .customLong("yes")], help: "Do not ask before many nodes are drained or terminated.")
    var yes = false

    func validate() throws {
        if nodes.isEmpty == (selector == nil) {
            throw ValidationError("name nodes, or select them by -l; one of the two")
        }
        if selector?.allSatisfy(\.isWhitespace) == true { throw ValidationError("an empty selector selects nothing") }
    }
}
