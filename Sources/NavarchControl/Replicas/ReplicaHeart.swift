// SPDX-License-Identifier: MIT
import Logging
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// Registers this replica behind the schema gate (C24), proves its life and the service clock every second (C19), and leaves at the end.
public struct ReplicaHeart: Service {
    let store: any ReplicaStore
    let replica: Replica
    let readiness: Readiness
    let clock: any Clock<Duration>
    let logger: Logger

    /// Why a replica must not serve this database.
    public struct Refused: Error, Sendable, CustomStringConvertible {
        /// In words.
        public let description: String
    }

    /// Between proofs of life (C19).
    static let beat = Duration.seconds(1)

    /// Beats until shutdown, then leaves.
    /// - Throws: ``Refused`` when the schema is past this binary.
    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                var isRegistered = false
                try await every(Self.beat, on: clock) {
                    isRegistered = try await beat(isRegistered: isRegistered)
                }
            }
        } catch is CancellationError {
            await leave()
        }
    }

    /// One round; a database that is away makes the next one register again, since it may come back as another (C24, C27).
    private func beat(isRegistered: Bool) async throws(Refused) -> Bool {
        do throws(StoreError) {
            if !isRegistered {
                guard try await register() else { return false }
            }
            try await store.beat(replica.id, draining: readiness.isDraining)
            readiness.wrote()
            return true
        } catch  where error.code == .refused {
            throw Refused(description: error.message)
        } catch {
            logger.warning("proof of life failed", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func register() async throws(StoreError) -> Bool {
        switch try await store.register(replica) {
        case .open(let registration):
            readiness.schemaChecked(nil)
            readiness.promisesFailover(registration.synchronousReplication)
            logger.info("registered", metadata: ["schema": "\(registration.schemaVersion)"])
            return true
        case .waiting(let version):
            readiness.schemaChecked(
                "schema \(version) is older than \(replica.schemaMin), which this binary needs: run migrate up")
            return false
        case .refused(let reason):
            readiness.schemaChecked(reason)
            throw StoreError(.refused, operation: "register replica", message: reason)
        }
    }

    private func leave() async {
        do throws(StoreError) {
            try await store.deregister(replica.id)
        } catch {
            logger.info("could not deregister; housekeeping will", metadata: ["error": "\(error)"])
        }
    }
}

/// What operators ask about replicas.
public struct ReplicaOperations: Sendable {
    let store: any ReplicaStore
    /// The replica that answers.
    public let own: ReplicaID

    /// All that are not long gone, and the schema's version.
    public func replicas() async throws(StoreError) -> (replicas: [Replica], schemaVersion: Int32) {
        try await store.replicas()
    }
}
