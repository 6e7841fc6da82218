// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

extension StoreConformance {
    static let nodes = [
        ConformanceCase("a registration comes back as it was given, and is a sign of life (G8)") { store in
            let given = registration(labels: ["pool": "a"])
            let outcome = try await store.register("n-1", given)
            try confirm(outcome.isNew, "not new")
            try same(outcome.node.registration, given)
            try same(outcome.node.status, .active)
            try confirm(outcome.node.reachable && outcome.node.lastSeen != nil, "no sign of life")
            try same(try await store.node("n-1").node, outcome.node)
            try same(try await store.keys(of: ["n-1", "n-2"]), ["n-1": .present(outcome.node.key)])
        },
        ConformanceCase("an agent's restart keeps what operators decided; another machine starts afresh (G7)") {
            store in
            let node = try await registered("n-1", in: store)
            _ = try await issue(store, request(.cordon), for: node)
            try same(try await registered("n-1", in: store).schedule, .cordoned)
            var changed = registration()
            changed.agentVersion = "2"
            let kept = try await store.register("n-1", changed).node
            try same(kept.schedule, .cordoned)
            try same(kept.registration.agentVersion, "2")
            let waiting = try await issue(store, request(), for: node)
            let fresh = try await registered("n-1", in: store, machine: "m2")
            try same(fresh.schedule, .active)
            try same(fresh.key, node.key)
            try same(try await store.command(waiting.id).state, .cancelled)
        },
        ConformanceCase("another journal makes running commands unknown and queues leased ones again (C12)") { store in
            let node = try await registered("n-1", in: store)
            let token = try await running(store, node)
            let waiting = try await issue(store, request(), for: node)
            try same(try await lease(store, node).map(\.token.command), [waiting.id])
            let outcome = try await store.register("n-1", registration(journal: "j2"))
            try same(outcome.lostRunning, 1)
            try same(try await store.command(token.command).state, .unknown)
            try same(try await store.command(waiting.id).state, .queued)
            try same(try await lease(store, node).map(\.token.attempt), [2])
        },
        ConformanceCase("many registrations of one new node at once make one node") { store in
            let keys = try await withThrowingTaskGroup(of: (NodeKey, Bool).self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let outcome = try await store.register("n-1", registration())
                        return (outcome.node.key, outcome.isNew)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try same(Set(keys.map(\.0)).count, 1)
            try same(keys.count { $0.1 }, 1)
        },
        ConformanceCase(
            "heartbeats are told apart: recorded, returned, unknown, terminated; metrics stay until the next (C18)"
        ) { store in
            let node = try await registered("n-1", in: store)
            let gone = try await registered("n-2", in: store)
            try await terminate(gone, store)
            var metrics = NodeMetrics()
            metrics.cpuUsagePercent = 12.5
            var gpu = GPUMetrics()
            gpu.gpuIndex = 3
            gpu.memoryUsed = 1 << 40
            gpu.utilizationPercent = 99.5
            metrics.gpus = [gpu, GPUMetrics()]
            let outcomes = try await store.recordHeartbeats([
                Heartbeat(key: NodeKey(999), metrics: metrics), Heartbeat(key: gone.key, metrics: nil),
                Heartbeat(key: node.key, metrics: metrics),
            ])
            try same(outcomes, [NodeKey(999): .unknown, gone.key: .terminated, node.key: .recorded])
            _ = try await store.recordHeartbeats([Heartbeat(key: node.key, metrics: nil)])
            try same(try await store.node("n-1").metrics, metrics)
            try await fails(.refused) { try await store.register("n-2", registration()) }
        },
        ConformanceCase("unhealthy sticks until uncordon; the worst result wins; results stay by check") { store in
            let node = try await registered("n-1", in: store)
            let bad = HealthCheckResult(checkName: "xid", status: .unhealthy, message: "XID 79", details: ["xid": "79"])
            let good = HealthCheckResult(
                checkName: "xid", status: .healthy, observedAt: Timestamp(microseconds: 1_700_000_000_123_456))
            let sick = try await store.reportHealth(of: "n-1", results: [bad], events: [event], verdict: .unhealthy)
            try same(sick.status, .unhealthy)
            try same(sick.statusReason, "xid: XID 79")
            let still = try await store.reportHealth(of: "n-1", results: [good], events: [], verdict: .healthy)
            try same(still.status, .unhealthy)
            try same(still.health, .healthy)
            try same(try await store.node("n-1").healthResults, [good])
            _ = try await issue(store, request(.uncordon), for: node)
            try same(try await store.node("n-1").node.status, .active)
            try await fails(.notFound) {
                try await store.reportHealth(of: "x", results: [], events: [], verdict: .unknown)
            }
        },
        ConformanceCase("lists are in order of id, page by page, by every filter") { store in
            for number in 0..<7 {
                _ = try await registered(
                    "n-\(number)", in: store, labels: ["even": "\(number % 2 == 0)", "n": "\(number)"])
            }
            var seen: [NodeID] = []
            var token: String?
            repeat {
                let page = try await store.nodes(NodeFilter(), limit: 3, after: token)
                seen += page.elements.map(\.id)
                token = page.next
            } while token != nil
            try same(seen, (0..<7).map { NodeID("n-\($0)") })
            for text in ["even=true", "even!=true", "n in (1,2)", "n notin (1,2)", "none", "!none", "even,n=3", "x=y"] {
                var filter = NodeFilter()
                let selector = try LabelSelector(text)
                filter.labels = selector
                let found = try await store.nodes(filter, limit: 10, after: nil).elements
                let all = try await store.nodes(NodeFilter(), limit: 10, after: nil).elements
                try same(found.map(\.id), all.filter { selector.matches($0.registration.metadata.labels) }.map(\.id))
            }
            var filter = NodeFilter()
            filter.status = .cordoned
            try same(try await store.nodes(filter, limit: 10, after: nil).elements.count, 0)
            try await fails(.refused) { try await store.nodes(NodeFilter(), limit: 1, after: "junk") }
            let census = try await store.census()
            try same(census.nodesByStatus, [.active: 7])
            try same(census.gpusByProvider, ["gcp": 14])
        },
    ]

    private static let event = HealthEvent(
        observedAt: nil, gpuIndex: 0, gpuUUID: "GPU-1", system: "HEALTH_WATCH_SYSTEM_DRIVER",
        type: "HEALTH_EVENT_TYPE_XID",
        metrics: ["xid": "79"], message: "fell off the bus")

    /// Ends a node the way that its agent does.
    static func terminate(_ node: Node, _ store: any ConformingStore) async throws {
        let token = try await running(store, node, request(.terminate))
        try await store.complete(token, of: node.key, as: .succeeded, result: CommandResult())
        try same(try await store.node(node.id).node.lifecycle, .terminated)
    }
}

extension NodeID: ExpressibleByStringLiteral {
    /// A name written in a test.
    public init(stringLiteral value: String) { self.init(value) }
}
