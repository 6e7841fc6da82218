// SPDX-License-Identifier: MIT
import Connect
import Locks
import NavarchModel
import NavarchWire

/// Says after how long to connect again, where the server said so.
final class Hint: Sendable {
    let wait = Mutex<Duration?>(nil)
}

extension AgentSession {
    /// Does one accepted command: started (on disk), the effect, done (on disk), complete (C12).
    func perform(_ work: Work) async {
        guard work.ticket.claim() else { return }
        if let outcome = work.outcome { return await report(work.command, outcome) }
        guard let execution = await execute(work) else { return desk.close(work.command.id) }
        guard finish(work.command, execution.outcome) else { return desk.close(work.command.id) }
        await report(work.command, execution.outcome)
        if execution.endsAgent { endTerminated() }
    }

    /// Nil: it was not started, or was interrupted by the agent's own end and is left to the next life.
    private func execute(_ work: Work) async -> Execution? {
        if let cause = work.ticket.cause {
            // Not started and not done: the next life acknowledges it again and runs it.
            guard cause != .agentStopping else { return nil }
            return Execution(CommandOutcome(.failed, "cancelled before it was started"))
        }
        if let left = work.ticket.timeLeft(), left <= .zero { return Self.tooLate }
        let replay = executor.replayClass(of: work.command)
        do {
            try journal.start(work.command.id, replay: replay, bootID: bootID)
        } catch {
            logger.error("not started", metadata: ["error": "\(error)", "command": "\(work.command.id)"])
            return nil
        }
        logger.info("started", metadata: ["command": "\(work.command.id)", "kind": "\(work.command.kind.rawValue)"])
        let execution = await supervise(work)
        guard execution.wasStopped, let cause = work.ticket.cause else { return execution }
        switch cause {
        case .agentStopping where replay != .once: return nil
        case .agentStopping: return stopped(execution, "the agent was stopped while it ran")
        case .cancelRequested: return stopped(execution, "cancelled while it ran")
        case .runDeadline:
            return stopped(execution, "stopped at its run deadline of \(work.command.runTimeoutSeconds) s")
        }
    }

    /// The end of a command whose run deadline passed while others of its lane ran.
    private static let tooLate = Execution(
        CommandOutcome(.failed, "not started: its run deadline passed while it waited for commands before it"))

    /// Ends, at their run deadline, commands that still wait for their lane: the control plane must hear of it before it calls them
    /// unknown.
    func endWhatWaitsTooLong() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                // No later than the first deadline, so that short ones are met as well.
                let next = desk.open.values.compactMap { $0.timeLeft() }.filter { $0 > .zero }.min()
                await pause(min(Self.deadlineCheck, next ?? Self.deadlineCheck))
                for (id, ticket) in desk.open {
                    guard let left = ticket.timeLeft(), left <= .zero, case .received? = journal.entry(id)?.stage,
                        ticket.claim(), let command = journal.entry(id)?.command
                    else { continue }
                    guard finish(command, Self.tooLate.outcome) else {
                        desk.close(id)
                        continue
                    }
                    group.addTask { await self.report(command, Self.tooLate.outcome) }
                }
            }
        }
    }

    /// How soon a deadline of a command just accepted is looked at; cheap, since the open commands are few.
    private static let deadlineCheck = Duration.milliseconds(250)

    private func stopped(_ execution: Execution, _ why: String) -> Execution {
        var execution = execution
        execution.outcome.state = .failed
        execution.outcome.result.message = why
        execution.endsAgent = false
        return execution
    }

    /// Runs it until it ends, its run deadline passes, or its ticket says stop; in all cases until nothing of it runs any more.
    private func supervise(_ work: Work) async -> Execution {
        await withTaskGroup(of: Execution?.self) { group in
            let (executor, clock) = (executor, clock)
            group.addTask { await executor.execute(work.command, progress: work.ticket.meter) }
            group.addTask {
                await work.ticket.stop.wait()
                return nil
            }
            if let left = work.ticket.timeLeft() {
                group.addTask {
                    // Cancelled when the command has ended: then there is no deadline to tell of.
                    guard (try? await clock.sleep(for: max(left, .zero))) != nil else {
                        return nil
                    }
                    work.ticket.stop(for: .runDeadline)
                    return nil
                }
            }
            var execution: Execution?
            for await ended in group {
                execution = execution ?? ended
                group.cancelAll()
            }
            return execution ?? Execution(CommandOutcome(.unknown, "the executor gave no end"))
        }
    }

    /// Tells the control plane until it answers; a refusal is an answer too: a command that is over there is over here.
    private func report(_ command: AgentCommand, _ outcome: CommandOutcome) async {
        var backoff = freshBackoff()
        while !Task.isCancelled {
            var request = Navarch_V1_CompleteCommandRequest()
            request.nodeID = configuration.nodeID
            request.lease = (journal.entry(command.id)?.command ?? command).token
            request.outcome = Self.state(outcome.state)
            request.result = Self.result(outcome.result)
            do throws(RPCError) {
                try await client.complete(request)
                logger.info("completed", metadata: ["command": "\(command.id)", "outcome": "\(outcome.state)"])
                return settle(command)
            } catch {
                logger.warning("completion failed", metadata: ["command": "\(command.id)", "error": "\(error)"])
                if error.code == .failedPrecondition || error.code == .notFound || error.code == .invalidArgument {
                    return settle(command)
                }
                await pause(max(.milliseconds(50), backoff.next(unit: random())))
            }
        }
        desk.close(command.id)
    }

    private func settle(_ command: AgentCommand) {
        do { try journal.settle(command.id) } catch { logger.error("journal", metadata: ["error": "\(error)"]) }
        desk.close(command.id)
    }

    private static func state(_ state: CommandOutcome.State) -> Navarch_V1_CommandState {
        switch state {
        case .succeeded: .succeeded
        case .failed: .failed
        case .unknown: .outcomeUnknown
        }
    }

    private static func result(_ result: CommandResult) -> Navarch_V1_CommandResult {
        var message = Navarch_V1_CommandResult()
        message.exitCode = result.exitCode
        message.message = result.message
        message.output = result.output
        message.truncated = result.truncated
        message.json = result.json
        return message
    }
}
