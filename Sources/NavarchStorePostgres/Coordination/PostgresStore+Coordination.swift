// SPDX-License-Identifier: MIT
import Locks
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: CoordinationStore {
    public func withSession<Result: Sendable>(
        of replica: ReplicaID, _ body: @Sendable (any CoordinationSession) async throws -> Result
    ) async throws -> Result {
        var configuration = session
        // 4 s: a stopped process, which keepalives do not find, loses its locks before a successor could miss them (C15).
        configuration.settings["idle_session_timeout"] = "4s"
        configuration.requirePrimary = true
        do {
            return try await PostgresSession.withSession(configuration, logger: logger) { session in
                let listen = CoordinationQueries.listen(as: replica).map {
                    PostgresStatement($0, name: "session.listen")
                }
                _ = try await session.unit(listen)
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    let (changes, continuation) = AsyncStream.makeStream(
                        of: Change.self, bufferingPolicy: .bufferingNewest(4_096))
                    let canary = CoordinationQueries.canaryChannel(of: replica)
                    group.addTask {
                        for await notification in session.notifications {
                            if let change = Change(notification, canary: canary) { continuation.yield(change) }
                        }
                        continuation.finish()
                    }
                    defer { group.cancelAll() }
                    return try await body(
                        LiveSession(session: session, changes: changes, replica: replica, store: self))
                }
            }
        } catch let error as PostgresError {
            throw StoreError(error, operation: "hold the session connection")
        }
    }

    public func notify(_ changes: [Change]) async throws(StoreError) {
        var payloads = NotificationPayloads()
        for change in changes { payloads.add(change) }
        try await send(payloads.channels, payloads.texts, operation: "notify replicas")
    }

    public func sendCanary(_ token: String, to replica: ReplicaID) async throws(StoreError) {
        try await send([CoordinationQueries.canaryChannel(of: replica)], [token], operation: "send a canary")
    }

    public func notificationQueueUsage() async throws(StoreError) -> Double {
        let rows = try await query(
            PostgresStatement(CoordinationQueries.queueUsage, name: "notify.queue_usage"),
            operation: "read the notification queue's usage")
        return try reading("read the notification queue's usage") { try rows.first?.decode(0) ?? 0 }
    }

    /// Nothing in it needs to be durable; a lost one is found by the sweep (C2, C3).
    private func send(_ channels: [String], _ payloads: [String], operation: String) async throws(StoreError) {
        guard !channels.isEmpty else { return }
        _ = try await unit(
            [
                PostgresStatement(HeartbeatQueries.asynchronousCommit, name: "asynchronous_commit"),
                PostgresStatement(
                    CoordinationQueries.notify, [.textArray(channels), .textArray(payloads)], name: "notify.send"),
            ], operation: operation)
    }
}

/// The session while it stands.
private final class LiveSession: CoordinationSession {
    let changes: AsyncStream<Change>
    private let session: PostgresSession
    private let replica: ReplicaID
    private let store: PostgresStore
    private let held = Mutex<Set<LoopName>>([])

    init(session: PostgresSession, changes: AsyncStream<Change>, replica: ReplicaID, store: PostgresStore) {
        self.session = session
        self.changes = changes
        self.replica = replica
        self.store = store
    }

    func tryLead(_ loop: LoopName, as replica: ReplicaID) async throws(StoreError) -> Term? {
        // The server would count a second lock of the same session; one resignation must free it.
        if held.withLock({ $0.contains(loop) }) { return nil }
        let operation = "lead \(loop)"
        let name = PostgresValue.text(loop.rawValue)
        let lock = try await query(
            PostgresStatement(CoordinationQueries.tryLock, [name], name: "leadership.try_lock"), operation)
        guard try store.reading(operation, { try lock.first?.decode(0) ?? false }) else { return nil }
        _ = held.withLock { $0.insert(loop) }
        let raise = PostgresStatement(
            CoordinationQueries.raiseTerm, [name, .id(replica)], name: "leadership.raise_term")
        do throws(StoreError) {
            let rows = try await query(raise, operation)
            return try store.reading(operation) {
                guard let row = rows.first else { throw CorruptRow(description: "no term for \(loop)") }
                let term = Term(loop: loop, number: try row.decode(0))
                let incarnation = try row.decode(1, as: PostgresUUID.self)
                store.termIncarnations.withLock { known in
                    known = known.filter { $0.key.loop != loop }
                    known[term] = incarnation
                }
                return term
            }
        } catch {
            try await free(loop)
            throw error
        }
    }

    func resign(_ loop: LoopName) async throws(StoreError) {
        guard held.withLock({ $0.contains(loop) }) else { return }
        try await free(loop)
    }

    func ping() async throws(StoreError) {
        _ = try await query(PostgresStatement(CoordinationQueries.ping, name: "session.ping"), "ping on the session")
    }

    private func free(_ loop: LoopName) async throws(StoreError) {
        let name = PostgresValue.text(loop.rawValue)
        let statements = [
            PostgresStatement(
                CoordinationQueries.forgetHolder, [name, .id(replica)], name: "leadership.forget_holder"),
            PostgresStatement(CoordinationQueries.unlock, [name], name: "leadership.unlock"),
        ]
        do {
            _ = try await session.unit(statements)
            _ = held.withLock { $0.remove(loop) }
        } catch {
            throw StoreError(error, operation: "resign from \(loop)")
        }
    }

    private func query(_ statement: PostgresStatement, _ operation: String) async throws(StoreError) -> PostgresRows {
        do {
            return try await session.query(statement)
        } catch {
            throw StoreError(error, operation: operation)
        }
    }
}
