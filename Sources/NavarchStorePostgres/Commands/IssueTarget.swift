// SPDX-License-Identifier: MIT
import Digest
import NavarchModel
import NavarchStore
import Postgres

/// One node that a command is to be issued for.
struct IssueTarget: Sendable {
    let request: CommandRequest
    let node: NodeID
    let id: CommandID
    let key: String
    /// Of the request; empty without a key, as nothing can be compared then.
    let hash: [UInt8]

    init(node: NodeID, id: CommandID, key: String, request: CommandRequest) {
        self.request = request
        self.node = node
        self.id = id
        self.key = key
        hash = key.isEmpty ? [] : Self.hash(of: request, node: node)
    }

    /// SHA-256 over all that makes two requests the same: each part with its length, so that no two requests have one text.
    private static func hash(of request: CommandRequest, node: NodeID) -> [UInt8] {
        var parts = [
            node.rawValue, request.type.rawValue, request.reason, "\(request.timeToLive.inMicroseconds)",
            "\(request.runTimeout.inMicroseconds)",
        ]
        for (name, value) in request.parameters.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        var content: [UInt8] = []
        for part in parts {
            content += Array("\(part.utf8.count):".utf8)
            content += Array(part.utf8)
        }
        return SHA256Digest(of: content).bytes
    }

    /// Inserts a command for each.
    static func insert(_ targets: [IssueTarget]) throws -> PostgresStatement {
        // Targets of one call have one request; those of several callers have their own.
        var requests: [CommandRequest] = []
        var numbers: [Int32] = []
        for target in targets {
            if requests.last != target.request { requests.append(target.request) }
            numbers.append(Int32(requests.count))
        }
        return PostgresStatement(
            CommandQueries.insert,
            [
                .uuidArray(targets.map { $0.id.uuid.postgres }), .textArray(targets.map(\.node.rawValue)),
                .textArray(targets.map(\.key)), .byteaArray(targets.map(\.hash)), .int4Array(numbers),
                .textArray(requests.map(\.type.rawValue)),
                .textArray(requests.map { ($0.type.isControlPlaneOnly ? CommandState.succeeded : .queued).rawValue }),
                .int8Array(requests.map(\.timeToLive.inMicroseconds)),
                .int8Array(requests.map(\.runTimeout.inMicroseconds)),
                .textArray(requests.map(\.issuedBy)), .textArray(requests.map(\.reason)),
                .jsonArray(try requests.map { try JSONColumn.text($0.parameters) }),
            ], name: "command.insert")
    }

    /// Looks for what was issued earlier under the same ids or keys.
    static func existing(_ targets: [IssueTarget]) -> PostgresStatement {
        let keyed = targets.filter { !$0.key.isEmpty }
        return PostgresStatement(
            CommandQueries.existing,
            [
                .uuidArray(targets.map { $0.id.uuid.postgres }), .textArray(keyed.map(\.request.issuedBy)),
                .textArray(keyed.map(\.key)),
            ], name: "command.existing")
    }

    /// Looks at the nodes.
    static func nodes(_ targets: [IssueTarget]) -> PostgresStatement {
        PostgresStatement(NodeQueries.named, [.textArray(targets.map(\.node.rawValue))], name: "node.named")
    }
}

/// What each target has come to, so far.
struct IssueAnswers {
    private let targets: [IssueTarget]
    private var answers: [CommandID: BulkIssue] = [:]

    init(_ targets: [IssueTarget], issued: [Command]) {
        self.targets = targets
        take(issued: issued)
    }

    /// Those without an answer.
    var open: [IssueTarget] { targets.filter { answers[$0.id] == nil } }

    /// All answers in the order of the targets. One still open lost a race twice: its command came and went meanwhile.
    var all: [BulkIssue] {
        targets.map {
            answers[$0.id] ?? .failed($0.node, .unavailable, message: "the command could not be issued now; try again")
        }
    }

    /// These were just made.
    mutating func take(issued: [Command]) {
        for command in issued {
            answers[command.id] = .issued(command.nodeID, IssueOutcome(command: command, wasRepeated: false))
        }
    }

    /// These were there: repeats, or the same key with another request (C13). One with the target's own id is its own first try.
    mutating func take(existing rows: PostgresRows) throws {
        guard !rows.isEmpty else { return }
        let found = try rows.map { row in
            (command: try Command(row: row), hash: try row.decode(Command.columnCount, as: [UInt8].self))
        }
        for target in open {
            guard
                let match = found.first(where: { $0.command.id == target.id })
                    ?? found.first(where: {
                        !target.key.isEmpty && $0.command.idempotencyKey == target.key
                            && $0.command.issuedBy == target.request.issuedBy
                    })
            else { continue }
            if match.hash == target.hash {
                let outcome = IssueOutcome(command: match.command, wasRepeated: match.command.id != target.id)
                answers[target.id] = .issued(target.node, outcome)
            } else {
                answers[target.id] = .failed(
                    target.node, .conflict, message: "idempotency key \"\(target.key)\" was used for another request")
            }
        }
    }

    /// The nodes as they are: those that are not there or do not allow it fail.
    mutating func take(nodes: [Node]) throws {
        let byID = Dictionary(nodes.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        for target in open {
            guard let node = byID[target.node] else {
                answers[target.id] = .failed(target.node, .notFound, message: "node not found: \(target.node)")
                continue
            }
            if case .refuse(let why) = NodeTransition.of(target.request.type, on: node) {
                answers[target.id] = .failed(target.node, .refused, message: why)
            }
        }
    }
}
