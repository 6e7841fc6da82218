// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

extension StoreConformance {
    static let upkeep = [
        ConformanceCase("a lapsed lease is queued again, and given up after the allowed lapses (C9, C11, C12)") {
            store in
            let node = try await registered("n-1", in: store)
            let command = try await issue(store, request(), for: node)
            try await leading(.commandUpkeep, store) { term in
                let first = try await lease(store, node, duration: .zero).map(\.token)
                try same(try await store.expireLeases(term, maxExpiries: 2), [node.key])
                try same(try await store.command(command.id).state, .queued)
                try same(try await store.acknowledge(first, of: node.key, duration: .seconds(60)), [])
                try same(try await lease(store, node, duration: .zero).map(\.token.attempt), [2])
                _ = try await store.expireLeases(term, maxExpiries: 2)
                try same(try await store.command(command.id).state, .undeliverable)
                try same(try await store.expireLeases(term, maxExpiries: 2), [])
            }
        },
        ConformanceCase("what waits beyond its time to live expires") { store in
            let node = try await registered("n-1", in: store)
            let command = try await issue(store, request(timeToLive: .zero), for: node)
            try await leading(.commandUpkeep, store) { term in
                try same(try await store.expireQueued(term, limit: 10), 1)
                try same(try await store.expireQueued(term, limit: 10), 0)
            }
            try same(try await store.command(command.id).state, .expired)
        },
        ConformanceCase(
            "a running command is never queued again: it is out of contact, then unknown by the service clock (C12, C19)"
        ) { store in
            let node = try await registered("n-1", in: store)
            _ = try await issue(store, request(runTimeout: .milliseconds(1)), for: node)
            let token = try await lease(store, node)[0].token
            _ = try await store.acknowledge([token], of: node.key, duration: .zero)
            try await leading(.commandUpkeep, store) { term in
                try same(try await store.expireLeases(term, maxExpiries: 1), [])
                try confirm(try await store.command(token.command).outOfContact, "in contact")
                let replica = try await beating(store)
                try await eventually(within: .seconds(10), "ended") {
                    try await store.beat(replica, draining: false)
                    return try await store.judgeRunning(term, limit: 10) == 1
                }
            }
            try same(try await store.command(token.command).state, .unknown)
        },
        ConformanceCase("a silent node is marked unreachable and comes back with a heartbeat (C18, C19)") { store in
            let node = try await registered("n-1", in: store)
            let replica = try await beating(store)
            try await leading(.liveness, store) { term in
                try await eventually(within: .seconds(10), "stale") {
                    try await store.beat(replica, draining: false)
                    let (stale, zones) = try await store.staleNodes(term, timeout: .milliseconds(50), limit: 10)
                    return stale.map(\.key) == [node.key]
                        && zones == ["r1/z1": LivenessVerdict.Zone(silent: 1, nodes: 1)]
                }
                try same(try await store.staleNodes(term, timeout: .seconds(60), limit: 10).stale, [])
                try same(try await store.markUnreachable(term, [node.key], timeout: .seconds(60), reason: "silent"), [])
                let marked = try await store.markUnreachable(
                    term, [node.key], timeout: .milliseconds(50), reason: "silent")
                try same(marked, [node.key])
            }
            try confirm(try await !store.node("n-1").node.reachable, "reachable")
            try same(try await store.census().unreachable, 1)
            try same(try await store.recordHeartbeats([Heartbeat(key: node.key, metrics: nil)]), [node.key: .returned])
            try confirm(try await store.node("n-1").node.reachable, "unreachable")
        },
        ConformanceCase("retention takes terminal commands and old events, and nothing that lives") { store in
            let node = try await registered("n-1", in: store)
            let waiting = try await issue(store, request(), for: node)
            let ended = try await issue(store, request(.cordon), for: node)
            let start = try await store.head()
            _ = try await store.sequence(limit: 100)
            try await leading(.housekeeping, store) { term in
                try same(try await store.prune(term, retention: Retention(), limit: 100), 0)
                let none = Retention(commands: .zero, events: .zero, healthReports: .zero, replicas: .zero)
                try confirm(try await store.prune(term, retention: none, limit: 100) > 0, "nothing went")
            }
            try await fails(.notFound) { try await store.command(ended.id) }
            try same(try await store.command(waiting.id).state, .queued)
            try await fails(.refused) { try await store.events(after: start, limit: 1) }
        },
    ]

    static let coordination = [
        ConformanceCase("a loop has one leader at a time, and a term that is over is refused (C15)") { store in
            let (first, second) = (ReplicaID(UUID()), ReplicaID(UUID()))
            try await store.withSession(of: first) { one in
                try await store.withSession(of: second) { other in
                    guard let term = try await one.tryLead(.liveness, as: first) else {
                        throw ConformanceFailure(description: "not led")
                    }
                    try same(try await other.tryLead(.liveness, as: second), nil)
                    _ = try await store.staleNodes(term, timeout: .seconds(60), limit: 1)
                    try await one.resign(.liveness)
                    let next = try await other.tryLead(.liveness, as: second)
                    try same(next?.number, term.number + 1)
                    try await fails(.stale) { try await store.staleNodes(term, timeout: .seconds(60), limit: 1) }
                    try await other.ping()
                }
            }
        },
        ConformanceCase("replicas hear what others notify, and their own canary only (C1, C4)") { store in
            let (own, foreign) = (ReplicaID(UUID()), ReplicaID(UUID()))
            try await store.withSession(of: own) { session in
                let keys = (1...1_500).map { NodeKey(Int32($0)) }
                try await store.sendCanary("no", to: foreign)
                try await store.notify([.commands(keys), .feed])
                try await store.sendCanary("yes", to: own)
                var heard: [NodeKey] = []
                var feed = 0
                changes: for await change in session.changes {
                    switch change {
                    case .commands(let some): heard += some
                    case .feed: feed += 1
                    case .canary(let token):
                        try same(token, "yes")
                        break changes
                    }
                }
                try same(heard.sorted(), keys)
                try same(feed, 1)
            }
            try confirm(try await store.notificationQueueUsage() < 0.5, "full")
        },
        ConformanceCase("a replica registers behind the schema's gate, beats and leaves (C24)") { store in
            let id = try await beating(store)
            let listed = try await store.replicas()
            try same(listed.replicas.map(\.id), [id])
            try confirm(listed.replicas[0].live && listed.schemaVersion > 0, "\(listed)")
            try await store.beat(id, draining: true)
            try confirm(try await store.replicas().replicas[0].draining, "not draining")
            let early = Replica(
                id: ReplicaID(UUID()), region: "", address: "", version: "", schemaMin: 999, schemaMax: 1_000)
            try same(try await store.register(early), .waiting(schemaVersion: listed.schemaVersion))
            try await store.deregister(id)
            try await fails(.notFound) { try await store.beat(id, draining: false) }
        },
    ]

    static let feed = [
        ConformanceCase("every change of a node and command is in the feed, in order, once (C22)") { store in
            let start = try await store.head()
            let node = try await registered("n-1", in: store)
            let token = try await running(store, node)
            try await store.complete(token, of: node.key, as: .succeeded, result: CommandResult())
            _ = try await issue(store, request(.cordon), for: node)
            try same(try await store.events(after: start, limit: 100), [])
            try same(try await store.sequence(limit: 2), 2)
            while try await store.sequence(limit: 2) > 0 {}
            let events = try await store.events(after: start, limit: 100)
            try same(
                events.map(\.type),
                [
                    "node.registered", "command.issued", "command.running", "command.succeeded", "command.succeeded",
                    "node.cordoned",
                ])
            try same(events.map(\.position), (1...6).map { start.position + $0 })
            try same(Set(events.map(\.nodeID)), ["n-1"])
            var cursor = try await store.head()
            try same(cursor.position, events.last?.position)
            cursor.incarnation = UUID()
            try await fails(.refused) { [cursor] in try await store.events(after: cursor, limit: 1) }
        }
    ]
}
