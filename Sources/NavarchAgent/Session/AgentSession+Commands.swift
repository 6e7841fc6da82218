// SPDX-License-Identifier: MIT
import Connect
import NavarchModel
import NavarchWire

extension AgentSession {
    /// Streams that fail in a row before polling takes over for a while.
    private static let failuresBeforePolling = 3
    /// Polls between two tries of a stream.
    private static let pollsBetweenStreams = 5

    /// Settles what an earlier life left, then takes commands: by stream, and by polling where streams do not get through.
    func takeCommands() async {
        await registered.wait()
        await recover()
        var backoff = freshBackoff()
        var failures = 0
        while !Task.isCancelled {
            do {
                if failures < Self.failuresBeforePolling {
                    try await stream { failures = 0 }
                    backoff.reset()
                } else {
                    for _ in 0..<Self.pollsBetweenStreams { try await poll() }
                    failures = Self.failuresBeforePolling - 1
                    backoff.reset()
                }
            } catch {
                failures += 1
                logger.info(
                    "no commands by \(failures > Self.failuresBeforePolling ? "poll" : "stream")",
                    metadata: ["error": "\(error)"])
                await pause(max(.milliseconds(50), backoff.next(unit: random())))
            }
        }
    }

    private func stream(onBatch: () -> Void) async throws {
        let hint = Hint()
        try await client.streamCommands(configuration.nodeID, limit: configuration.batchLimit) { message in
            self.desk.cancel(message.cancelRequested)
            try await self.take(message.commands)
            if message.hasReconnectAfter { hint.wait.withLock { $0 = message.reconnectAfter.span } }
            return !Task.isCancelled && !message.hasReconnectAfter
        }
        onBatch()
        // A stream that ends without a hint is reopened after a moment, so that a broken proxy is not hammered.
        await pause(jittered(hint.wait.withLock { $0 } ?? .milliseconds(200)))
    }

    private func poll() async throws {
        let answer = try await client.leaseCommands(
            configuration.nodeID, limit: configuration.batchLimit, wait: configuration.pollWait)
        desk.cancel(answer.cancelRequested)
        try await take(answer.commands)
        // A request to stop is told by every poll until its command has ended, so that a lost answer loses nothing; there is no use in
        // asking again at once.
        if answer.commands.isEmpty, !answer.cancelRequested.isEmpty { await pause(jittered(.seconds(1))) }
    }

    /// Writes a batch down, acknowledges it, and starts only what was accepted (C12), in the batch's order.
    private func take(_ messages: [Navarch_V1_LeasedCommand]) async throws {
        guard !messages.isEmpty else { return }
        let wanted = try journal.receive(messages.map { AgentCommand($0) })
        guard !wanted.isEmpty else { return }
        let age = RunDeadline.stopwatch(clock)
        let accepted = await acknowledge(wanted)
        for command in wanted where accepted.contains(command.id) { begin(command, age) }
    }

    /// A ticket whose run deadline is counted since `age` was started; nil when the command has one already.
    private func accept(_ command: AgentCommand, _ age: @escaping @Sendable () -> Duration) -> CommandDesk.Ticket? {
        let allowance = RunDeadline.allowance(command)
        return desk.accept(command.id) { allowance.map { $0 - age() } }
    }

    /// Asks until there is an answer: only that says whether these commands may be acted on.
    private func acknowledge(_ commands: [AgentCommand]) async -> Set<String> {
        var backoff = freshBackoff()
        while !Task.isCancelled {
            do throws(RPCError) {
                let answer = try await client.acknowledge(configuration.nodeID, commands.map(\.token))
                drop(answer.refused)
                return Set(answer.accepted)
            } catch {
                logger.warning("acknowledgement failed", metadata: ["error": "\(error)"])
                if error.code == .failedPrecondition || error.code == .notFound || error.code == .invalidArgument {
                    drop(commands.map(\.id))
                    return []
                }
                await pause(max(.milliseconds(50), backoff.next(unit: random())))
            }
        }
        return []
    }

    private func drop(_ ids: [String]) {
        do { try journal.drop(ids) } catch { logger.error("journal", metadata: ["error": "\(error)"]) }
    }

    /// Starts an accepted command, unless it runs or ran already.
    private func begin(_ command: AgentCommand, _ age: @escaping @Sendable () -> Duration) {
        guard let entry = journal.entry(command.id) else { return }
        switch entry.stage {
        case .received:
            if let ticket = accept(entry.command, age) { enqueue(Work(command: entry.command, ticket: ticket)) }
        case .done(let outcome):
            if let ticket = accept(entry.command, age) {
                enqueue(Work(command: entry.command, ticket: ticket, outcome: outcome))
            }
        case .started, .dropped, .settled: return
        }
    }

    /// What an earlier life left unfinished, in issue order.
    private func recover() async {
        for step in journal.recovery(bootID: bootID) {
            logger.notice("settling what was left", metadata: ["step": "\(step)"])
            let age = RunDeadline.stopwatch(clock)
            switch step {
            case .acknowledge(let command):
                if await acknowledge([command]).contains(command.id) { begin(command, age) }
            case .runAgain(let command):
                if let ticket = accept(command, age) { enqueue(Work(command: command, ticket: ticket)) }
            case .conclude(let command, let outcome):
                if let ticket = accept(command, age), finish(command, outcome) {
                    enqueue(Work(command: command, ticket: ticket, outcome: outcome))
                }
            case .report(let command, let outcome):
                if let ticket = accept(command, age) {
                    enqueue(Work(command: command, ticket: ticket, outcome: outcome))
                }
            }
        }
    }

    /// False when it could not be written down; then the next life decides.
    func finish(_ command: AgentCommand, _ outcome: CommandOutcome) -> Bool {
        do {
            try journal.finish(command.id, outcome)
            return true
        } catch {
            logger.error("journal", metadata: ["error": "\(error)", "command": "\(command.id)"])
            return false
        }
    }
}
