// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

/// Leases for this replica: one more try when another holds a node's lock (C10), and no lease left in doubt (C8, C11).
struct Lessor: Sendable {
    let leases: any LeaseStore
    let publisher: ChangePublisher
    let replica: ReplicaID
    /// From lease to acknowledge: how long a batch may be on its way.
    let handoverTime: Duration
    let clock: any Clock<Duration>

    func lease(_ keys: [NodeKey], limit: Int) async throws(StoreError) -> [LeasedCommand] {
        let first = try await attempt(keys, limit: limit)
        guard !first.busy.isEmpty else { return first.commands }
        do {
            try await clock.sleep(for: .milliseconds(Int64.random(in: 5...20)))
        } catch {
            return first.commands  // cancelled: what was leased is still handed over or given back by the caller
        }
        return first.commands + (try await attempt(first.busy, limit: limit)).commands
    }

    func leaseAndClose(_ key: NodeKey, limit: Int) async throws(StoreError) -> [LeasedCommand] {
        let commands = try await leases.leaseAndClose(for: key, limit: limit, lease: LeaseID(UUID()), replica: replica)
        if !commands.isEmpty { publisher.feedChanged() }
        return commands
    }

    /// Gives back what could not be handed over; a failure costs a wait for the lease to lapse, nothing else.
    func giveBack(_ commands: [LeasedCommand]) async {
        guard !commands.isEmpty else { return }
        do throws(StoreError) {
            publisher.commandsChanged(try await leases.giveBack(commands.map(\.token)))
        } catch {
            return
        }
    }

    private func attempt(_ keys: [NodeKey], limit: Int) async throws(StoreError) -> LeaseBatch {
        let id = LeaseID(UUID())
        do throws(StoreError) {
            return try await leases.lease(for: keys, limit: limit, lease: id, duration: handoverTime, replica: replica)
        } catch  where error.code == .outcomeUnknown {
            return LeaseBatch(commands: try await leases.leased(under: id), busy: [])
        }
    }
}
