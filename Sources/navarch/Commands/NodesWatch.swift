// SPDX-License-Identifier: MIT

import ArgumentParser
import Connect
import NavarchClient
import NavarchWire

/// `navarch nodes watch`.
struct NodesWatch: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show nodes as they are, and then every change.",
        discussion: """
            Goes on until --timeout or Ctrl-C. JSON is one message per line; each carries the cursor from which --cursor \
            goes on without a gap.
            """)

    @OptionGroup var filter: NodeFilterOptions

    @Option(help: ArgumentHelp("Go on after this cursor instead of showing all nodes first.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, waits: true, in: shell)
        var request = Navarch_V1_WatchNodesRequest()
        request.provider = filter.provider ?? ""
        request.region = filter.region ?? ""
        request.zone = filter.zone ?? ""
        request.status = try filter.nodeStatus()
        request.labelSelector = filter.selector ?? ""
        request.cursor = cursor ?? ""
        let printer = Printer(format: settings.output, terminal: shell.terminal)
        let first = request
        try await settings.withClient { client in
            let watch = NodeWatch(client: client, printer: printer)
            do {
                // The end of the time and Ctrl-C are how a watch ends well.
                _ = try await Interruptions.race(shell.interruptions(), timeout: settings.timeLeft) {
                    try await watch.run(first)
                }
            } catch let error as RPCError {
                throw Failure(error, action: "watch nodes")
            }
        }
    }
}

/// Follows the fleet through the end of streams and through outages, without a gap.
struct NodeWatch: Sendable {
    /// Whom to ask.
    let client: OperatorClient
    /// Where changes go.
    let printer: Printer

    private static let waits = (first: Duration.milliseconds(250), longest: Duration.seconds(5))

    /// Watches until the task is cancelled.
    ///
    /// - Throws: `RPCError` when the first try fails, or when trying again cannot help.
    func run(_ request: Navarch_V1_WatchNodesRequest) async throws {
        var request = request
        var wait = Self.waits.first
        var hasBegun = false
        if printer.format == .table { printer.terminal.line(NodeTable.watchTitles) }
        while true {
            do {
                try await client.withNodeWatch(request) { stream in
                    for try await change in stream {
                        hasBegun = true
                        wait = Self.waits.first
                        if !change.cursor.isEmpty { request.cursor = change.cursor }
                        try show(change)
                    }
                }
            } catch let error as RPCError {
                try Task.checkCancellation()
                guard hasBegun else { throw error }
                try recover(from: error, &request)
            }
            try await Task.sleep(for: wait)
            wait = min(wait * 2, Self.waits.longest)
        }
    }

    private func recover(from error: RPCError, _ request: inout Navarch_V1_WatchNodesRequest) throws {
        switch error.code {
        case .outOfRange:
            request.cursor = ""
            printer.terminal.note("Warning: the cursor is too old; changes may have been missed, all nodes follow")
        case .unavailable, .deadlineExceeded, .resourceExhausted, .unknown, .internalError, .aborted, .canceled:
            printer.terminal.note("Warning: \(error); trying again")
        case .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition, .unimplemented,
            .dataLoss, .unauthenticated:
            throw error
        }
    }

    private func show(_ change: Navarch_V1_WatchNodesResponse) throws {
        guard change.hasNode else {
            // A message that only moves the cursor is for programs.
            if printer.format == .json || printer.format == .yaml {
                try printer.element(change, name: "") { "" }
            }
            return
        }
        try printer.element(change, name: change.node.nodeID) {
            NodeTable.watchLine(change.node, event: change.eventType)
        }
    }
}
