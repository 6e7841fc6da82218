// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: CommandStore {
    public func command(_ id: CommandID) async throws(StoreError) -> Command {
        let operation = "read command \(id)"
        let rows = try await query(
            PostgresStatement(CommandQueries.byID, [.id(id)], name: "command.get"), operation: operation)
        guard let row = rows.first else { throw .unknownCommand(id, operation: operation) }
        return try reading(operation) { try Command(row: row) }
    }

    public func commands(_ filter: CommandFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<
        Command
    > {
        let after = try PageToken.command(token)
        let common: [PostgresValue] = [
            after.issuedAt, after.id, .int8(Int64(limit) + 1), .text(filter.state?.rawValue ?? ""),
            .text(filter.type?.rawValue ?? ""),
        ]
        let statement =
            filter.nodeID.map {
                PostgresStatement(
                    CommandQueries.pageOfNode, common + [.text($0.rawValue)], name: "command.page_of_node")
            } ?? PostgresStatement(CommandQueries.page, common, name: "command.page")
        let rows = try await query(statement, operation: "list commands")
        let commands = try reading("list commands") { try rows.prefix(limit).map(Command.init(row:)) }
        return Page(commands, next: rows.count > limit ? commands.last.map { PageToken.text(of: $0) } : nil)
    }

    public func cancel(_ id: CommandID, by actor: String, reason: String) async throws(StoreError) -> CancelOutcome {
        let operation = "cancel command \(id)"
        let parameters: [PostgresValue] = [.id(id), .text(actor), .text(reason)]
        let answers = try await unit(
            [
                PostgresStatement(CommandQueries.lockNodeOf, [.id(id)], name: "command.lock_node"),
                PostgresStatement(CommandQueries.cancel, parameters, name: "command.cancel"),
                PostgresStatement(CommandQueries.requestCancel, parameters, name: "command.request_cancel"),
                PostgresStatement(CommandQueries.byID, [.id(id)], name: "command.get"),
            ], operation: operation)
        guard let row = answers[3].first else { throw .unknownCommand(id, operation: operation) }
        let command = try reading(operation) { try Command(row: row) }
        if !answers[1].isEmpty { return .cancelled(command) }
        if command.state == .running { return .requested(command) }
        throw StoreError(.refused, operation: operation, message: "command \(id) is already \(command.state.rawValue)")
    }
}
