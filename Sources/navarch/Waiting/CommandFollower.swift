// SPDX-License-Identifier: MIT

import Connect
import NavarchClient
import NavarchWire

/// Follows a command to its end: by the server's stream, and by asking again and again where streams do not get through.
struct CommandFollower: Sendable {
    /// Whom to ask.
    let client: OperatorClient
    /// Told of every state that was seen, in order; never twice of the same.
    let report: @Sendable (Navarch_V1_Command) throws -> Void
    /// Told once per outage that there is no answer.
    let complain: @Sendable (RPCError) -> Void

    /// The shortest and the longest wait between two tries.
    private static let waits = (first: Duration.milliseconds(250), longest: Duration.seconds(2))

    /// Waits until command `id` is terminal, however long that takes, through any outage of the control plane.
    ///
    /// - Throws: `RPCError` when asking again cannot help (no such command, wrong token), and what `report` throws.
    func follow(_ id: String) async throws -> Navarch_V1_Command {
        var last: Navarch_V1_Command?
        var wait = Self.waits.first
        var isTroubled = false
        while true {
            do {
                if let ended = try await stream(id, &last) { return ended }
                // The replica drains or cut the stream: another one goes on.
                wait = Self.waits.first
                isTroubled = false
            } catch let error as RPCError {
                try Self.rethrow(ifFutile: error)
                if let ended = try await poll(id, &last, &isTroubled) { return ended }
            }
            try await Task.sleep(for: wait)
            wait = min(wait * 2, Self.waits.longest)
        }
    }

    private func stream(_ id: String, _ last: inout Navarch_V1_Command?) async throws -> Navarch_V1_Command? {
        try await client.withCommandWatch(id) { stream in
            for try await answer in stream {
                try see(answer.command, &last)
                if answer.command.state.isTerminal { return answer.command }
            }
            return nil
        }
    }

    private func poll(
        _ id: String, _ last: inout Navarch_V1_Command?, _ isTroubled: inout Bool
    ) async throws -> Navarch_V1_Command? {
        do {
            let command = try await client.command(id)
            isTroubled = false
            try see(command, &last)
            return command.state.isTerminal ? command : nil
        } catch let error as RPCError {
            try Self.rethrow(ifFutile: error)
            if !isTroubled { complain(error) }
            isTroubled = true
            return nil
        }
    }

    private func see(_ command: Navarch_V1_Command, _ last: inout Navarch_V1_Command?) throws {
        guard command != last else { return }
        last = command
        try report(command)
    }

    /// Errors that pass are waited out: the command goes on whether anybody asks or not.
    private static func rethrow(ifFutile error: RPCError) throws {
        switch error.code {
        case .unavailable, .deadlineExceeded, .resourceExhausted, .unknown, .internalError, .unimplemented, .aborted:
            return
        case .canceled:
            try Task.checkCancellation()
        case .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition, .outOfRange,
            .dataLoss,
            .unauthenticated:
            throw error
        }
    }
}
