// SPDX-License-Identifier: MIT
import Connect

/// A good request of every method, in JSON: what inputs begin with.
enum MessageSeeds {
    private static let id = "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10"
    private static let lease = #"{"commandId":"\#(id)","attempt":1,"leaseId":"\#(id)"}"#
    private static let registration = #"""
        {"nodeId":"n-1","provider":"aws","region":"eu","zone":"a","instanceType":"p5","gpus":[{"index":1,"uuid":"GPU-1",
        "name":"H100","memoryTotal":"85899345920"}],"metadata":{"hostname":"h","internalIp":"10.0.0.1","labels":{"pool":"x"}}}
        """#
    private static let heartbeat = #"""
        {"nodeId":"n-1","timestamp":"2026-11-24T10:00:00.5Z","metrics":{"cpuUsagePercent":12.5,"memoryUsagePercent":1e1,
        "gpuMetrics":[{"gpuIndex":0,"temperature":60,"powerUsage":300,"utilizationPercent":99,"memoryUsed":"1024"}]}}
        """#
    private static let health = #"""
        {"nodeId":"n-1","results":[{"checkName":"boot","status":"HEALTH_STATUS_HEALTHY","message":"fine",
        "timestamp":"2026-11-24T10:00:00Z","details":{"k":"v"}}]}
        """#
    private static let issued = #"""
        {"nodeId":"n-1","commandType":2,"parameters":{"a":"b"},"idempotencyKey":"k-1","reason":"test","ttl":"3600s",
        "runTimeout":"60.5s"}
        """#
    private static let many = #"{"labelSelector":"a in (x,y),!b,c!=d","commandType":2,"maxNodes":10,"ttl":"60s"}"#
    private static let nodes = #"{"provider":"aws","labelSelector":"zone=a","pageSize":10,"pageToken":"n:n-1"}"#
    private static let instances = #"{"provider":"aws","region":"eu","pageSize":5}"#

    private static let byName: [String: String] = [
        "RegisterNode": registration, "SendHeartbeat": heartbeat, "ReportHealth": health,
        "LeaseCommands": #"{"nodeId":"n-1","limit":4,"wait":"1s"}"#, "StreamCommands": #"{"nodeId":"n-1","limit":4}"#,
        "AcknowledgeCommands": #"{"nodeId":"n-1","leases":[\#(lease)]}"#,
        "RenewCommands": #"{"nodeId":"n-1","leases":[\#(lease),\#(lease)]}"#,
        "ReportProgress": #"{"nodeId":"n-1","lease":\#(lease),"progress":{"percent":50,"message":"half"}}"#,
        "CompleteCommand":
            #"{"nodeId":"n-1","lease":\#(lease),"outcome":4,"result":{"exitCode":1,"json":"{\"a\":[1]}"}}"#,
        "ListNodes": nodes, "GetNode": #"{"nodeId":"n-1"}"#, "WatchNodes": #"{"cursor":"\#(id)/7","zone":"a"}"#,
        "IssueCommand": issued, "IssueCommands": many, "ListCommands": #"{"nodeId":"n-1","state":1,"pageSize":3}"#,
        "GetCommand": #"{"commandId":"\#(id)"}"#, "WatchCommand": #"{"commandId":"\#(id)"}"#,
        "CancelCommand": #"{"commandId":"\#(id)","reason":"no"}"#, "ListInstances": instances,
        "GetInstance": #"{"instanceId":"i-1"}"#, "ListReplicas": "{}", "GetNodeCommands": #"{"nodeId":"n-1"}"#,
    ]

    /// A request for each method: its index, and the bytes. Fields that the original's messages do not have are left out.
    static func requests(_ codec: RPCCodec) -> [(index: Int, bytes: [UInt8])] {
        FuzzMethod.all.enumerated().map { index, method in
            let name = method.path.split(separator: "/").last.map(String.init) ?? ""
            do {
                return (index, try method.request(byName[name] ?? "{}", codec))
            } catch {
                return (index, [])
            }
        }
    }

    /// What JSON and its requests are made of.
    static let words: [String] =
        [
            "nodeId", "node_id", "commandType", "idempotencyKey", "runTimeout", "ttl", "labelSelector", "pageToken",
            "parameters", "results", "events", "leases", "lease", "progress", "outcome", "result", "metrics",
            "gpuMetrics", "gpus", "metadata", "labels", "host", "disks", "timestamp", "details", "system", "eventType",
            "NaN", "Infinity", "-Infinity", "null", "true", "1e400", "-1", "9223372036854775808", "0.1s", "-0.5s",
            "315576000001s", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z", "\\u0000", "\\ud800",
            "HEALTH_STATUS_UNHEALTHY", "NODE_COMMAND_TYPE_DRAIN", "{}", "[]", "\u{feff}", "\u{85}", "\0", id,
        ]
}
