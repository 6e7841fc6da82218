// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

/// Leases for this replica; no lease is left in doubt (C8, C11).
struct Lessor: Sendable {
    /// Most nodes that one transaction leases for (C10).
    static let mostNodes = 64

    let leases: any LeaseStore
    let publisher: ChangePublisher
    let replica: ReplicaID
    /// From lease to acknowledge: how long a batch may be on its way.
    let handoverTime: Duration

    /// Leases for at most ``mostNodes`` nodes in one transaction. Nodes that another replica is leasing for are busy: ask once more, a little later.
    func lease(_ keys: [NodeKey], limit: Int) async throws(StoreError) -> LeaseBatch {
        let id = LeaseID(UUID())
        do throws(StoreError) {
            return try await leases.lease(for: keys, limit: limit, lease: id, duration: handoverTime, replica: replica)
        } catch  where error.code == .outcomeUnknown {
            return LeaseBatch(commands: try await leases.leased(under: id), busy: [])
        }
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
}
