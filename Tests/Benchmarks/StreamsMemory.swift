// SPDX-License-Identifier: MIT
import NavarchClient
import NavarchTestSupport

/// What a replica weighs with 5,000 connected command streams, each on a connection of its own: `streams.memory`.
struct StreamsMemory {
    static let streams = 5_000
    let options: BenchOptions

    func measure(_ name: String, _ postgres: ThrowawayPostgres) async throws -> Figure {
        var sizes: [Double] = []
        for _ in 0..<options.runs { sizes.append(try await once(postgres)) }
        return Figure(
            name: name, value: sizes.median, unit: "MiB", mib: sizes.median, runs: sizes.count, spread: sizes.spread,
            goal: "≤ 250 MiB", reached: sizes.median <= 250)
    }

    private func once(_ postgres: ThrowawayPostgres) async throws -> Double {
        try await Stage.with(postgres, nodes: Self.streams) { stage in
            try await stage.withRPC(stage.replicas[0], connections: Self.streams + 100) { rpc in
                let open = Tally()
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    for node in stage.nodes {
                        group.addTask {
                            try await AgentClient(rpc).withCommandStream(of: node) { stream in
                                open.add(1)
                                for try await _ in stream {}
                            }
                            open.add(-1)
                        }
                    }
                    try await eventually(within: .seconds(120), "connected streams") {
                        open.value == Self.streams
                    }
                    // Several sweeps over all of them, so that what they need is there.
                    try await ContinuousClock().sleep(for: .seconds(options.seconds))
                    guard open.value == Self.streams else { throw BenchError(description: "streams ended") }
                    let size = try stage.residentMemory(of: stage.replicas[0])
                    group.cancelAll()
                    do {
                        try await group.waitForAll()
                    } catch {
                        // The streams were cancelled just now.
                    }
                    return size
                }
            }
        }
    }
}
