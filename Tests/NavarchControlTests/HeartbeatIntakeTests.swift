// SPDX-License-Identifier: MIT
import Locks
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchTestSupport
import Testing

/// An intake over a scripted store, running for the length of `body`.
private func withIntake(
    _ store: ScriptedNodeStore, directory: NodeDirectory? = nil,
    _ body: @Sendable (HeartbeatIntake) async throws -> Void
) async throws {
    let pace = FleetPace(store: store, settings: NodeSettings(heartbeatInterval: .seconds(10)))
    let intake = HeartbeatIntake(store: store, directory: directory ?? NodeDirectory(store: store), pace: pace)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await intake.run() }
        try await body(intake)
        group.cancelAll()
    }
}

extension HeartbeatIntake {
    fileprivate func beat(_ id: NodeID, _ metrics: NodeMetrics? = nil) async -> Result<HeartbeatReceipt, StoreError> {
        await withCheckedContinuation { continuation in
            submit(id, metrics: metrics) { continuation.resume(returning: $0) }
        }
    }
}

extension Result where Success == HeartbeatReceipt, Failure == StoreError {
    fileprivate var code: StoreError.Code? {
        switch self {
        case .success: nil
        case .failure(let error): error.code
        }
    }
}

@Test func eachHeartbeatIsAnsweredAsItsNodeStands() async throws {  // C18
    let store = ScriptedNodeStore()
    store.state.withLock {
        $0.present[NodeID("here")] = NodeKey(1)
        $0.terminated[NodeID("gone")] = NodeKey(2)
    }
    try await withIntake(store) { intake in
        let receipt = try await intake.beat(NodeID("here")).get()
        #expect(receipt.nextHeartbeat >= .seconds(9) && receipt.nextHeartbeat < .seconds(11))
        #expect(await intake.beat(NodeID("gone")).code == .refused)
        #expect(await intake.beat(NodeID("never")).code == .notFound)
    }
}

@Test func heartbeatsThatArriveTogetherShareABatchInKeyOrder() async throws {
    let store = ScriptedNodeStore()
    let nodes = (1...200).map { NodeID("n\($0)") }
    store.state.withLock { state in
        for (index, node) in nodes.enumerated() { state.present[node] = NodeKey(Int32(1_000 - index)) }
    }
    let answered = Mutex(0)
    let pace = FleetPace(store: store, settings: NodeSettings())
    let intake = HeartbeatIntake(store: store, directory: NodeDirectory(store: store), pace: pace)
    for node in nodes { intake.submit(node, metrics: nil) { _ in answered.withLock { $0 += 1 } } }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await intake.run() }
        try await eventually { answered.withLock { $0 } == 200 }
        group.cancelAll()
    }
    let batches = store.state.withLock { $0.batches }
    #expect(batches.count == 1)
    #expect(batches.allSatisfy { $0.map(\.key) == $0.map(\.key).sorted() })
}

@Test func aNodeThatBeatsTwiceInABatchKeepsItsNewestMetrics() async throws {
    let store = ScriptedNodeStore()
    store.state.withLock { $0.present[NodeID("n")] = NodeKey(1) }
    let pace = FleetPace(store: store, settings: NodeSettings())
    let intake = HeartbeatIntake(store: store, directory: NodeDirectory(store: store), pace: pace)
    let answered = Mutex(0)
    for percent in [10.0, 20.0] {
        var metrics = NodeMetrics()
        metrics.cpuUsagePercent = percent
        intake.submit(NodeID("n"), metrics: metrics) { _ in answered.withLock { $0 += 1 } }
    }
    intake.submit(NodeID("n"), metrics: nil) { _ in answered.withLock { $0 += 1 } }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await intake.run() }
        try await eventually { answered.withLock { $0 } == 3 }
        group.cancelAll()
    }
    #expect(store.state.withLock { $0.batches }.map { $0.map(\.metrics?.cpuUsagePercent) } == [[20.0]])
}

@Test func aKeyThatTurnedOutWrongIsLookedUpAfresh() async throws {
    let store = ScriptedNodeStore()
    store.state.withLock { $0.present[NodeID("n")] = NodeKey(7) }
    let directory = NodeDirectory(store: store)
    directory.remember(NodeID("n"), NodeKey(3))  // the row it stood for is gone
    try await withIntake(store, directory: directory) { intake in
        #expect(await intake.beat(NodeID("n")).code == nil)
    }
    #expect(directory.remembered(NodeID("n")) == NodeKey(7))
}

@Test func aFailedBatchFailsEachOfItsHeartbeats() async throws {
    let store = ScriptedNodeStore()
    store.state.withLock {
        $0.present[NodeID("n")] = NodeKey(1)
        $0.failure = StoreError(.unavailable, operation: "record heartbeats")
    }
    try await withIntake(store) { intake in
        #expect(await intake.beat(NodeID("n")).code == .unavailable)
        store.state.withLock { $0.failure = nil }
        #expect(await intake.beat(NodeID("n")).code == nil)
    }
}
