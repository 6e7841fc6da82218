// SPDX-License-Identifier: MIT
import NavarchTestSupport

/// Requests that a fleet makes all the time, against one replica: `heartbeat.plain`, `heartbeat.gpu8`, `poll.empty`.
struct RequestFigures {
    static let nodes = 1_000
    let options: BenchOptions

    func measure(_ name: String, _ postgres: ThrowawayPostgres) async throws -> Figure {
        let (path, body, goal): (String, String, Double)
        switch name {
        case "heartbeat.plain": (path, body, goal) = ("SendHeartbeat", #"{"nodeId":"NODE"}"#, 1)
        case "heartbeat.gpu8": (path, body, goal) = ("SendHeartbeat", Self.withGPUs, 0.55)
        default: (path, body, goal) = ("LeaseCommands", #"{"nodeId":"NODE"}"#, 1)
        }
        return try await Stage.with(postgres, nodes: Self.nodes) { stage in
            let reference = PgBench(stage: stage, script: Self.update, synchronous: false)
            let wrk = Wrk(stage: stage, path: "navarch.v1.AgentService/\(path)", body: body)
            _ = try await wrk.run(seconds: 2)
            var pairs = RatePairs()
            for _ in 0..<options.runs {
                let tps = try await reference.run(seconds: options.seconds)
                let ours = try await wrk.run(seconds: options.seconds)
                pairs.add(reference: tps, ours: ours.rate, p50: ours.p50, p99: ours.p99)
            }
            return pairs.figure(name, unit: "requests/s", atLeast: goal)
        }
    }

    /// The single-row update by key, on the very table that heartbeats write.
    private static let update = """
        \\set k random(1, \(nodes))
        UPDATE liveness SET last_seen = clock_timestamp() WHERE node_key = :k;
        """

    private static var withGPUs: String {
        let gpus = (0..<8).map { index in
            """
            {"gpuIndex":\(index),"temperature":6\(index),"powerUsage":41\(index),"utilizationPercent":9\(index).5,\
            "memoryUsed":"6871947673\(index)"}
            """
        }
        return """
            {"nodeId":"NODE","timestamp":"2026-01-01T00:00:00Z","metrics":{"cpuUsagePercent":41.5,"memoryUsagePercent":63.25,\
            "gpuMetrics":[\(gpus.joined(separator: ","))]}}
            """
    }
}
