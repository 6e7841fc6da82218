// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

extension StoreConformance {
    static let leasing = [
        ConformanceCase("one batch of a node is on its way at a time, oldest first (C10)") { store in
            let node = try await registered("n-1", in: store)
            var issued: [CommandID] = []
            for _ in 0..<5 { issued.append(try await issue(store, request(), for: node).id) }
            try same(try await store.queuedNodes(), [node.key])
            let first = try await lease(store, node, limit: 3)
            try same(first.map(\.token.command), Array(issued[0..<3]))
            try same(try await lease(store, node).count, 0)
            let lease = first[0].token.lease
            try same(try await store.leased(under: lease), first)
            try same(try await store.acknowledge(first.map(\.token), of: node.key, duration: .seconds(60)).count, 3)
            try same(try await store.acknowledge(first.map(\.token), of: node.key, duration: .seconds(60)).count, 3)
            try same(try await StoreConformance.lease(store, node).map(\.token.command), Array(issued[3...]))
            try same(try await store.work(for: [node.key, NodeKey(77)]), NodeWork())
        },
        ConformanceCase("what could not be handed over is given back and comes again, first (C11)") { store in
            let node = try await registered("n-1", in: store)
            let command = try await issue(store, request(), for: node)
            let first = try await lease(store, node).map(\.token)
            try same(try await store.giveBack(first), [node.key])
            try same(try await store.giveBack(first), [])
            try same(try await store.acknowledge(first, of: node.key, duration: .seconds(60)), [])
            let again = try await lease(store, node).map(\.token)
            try same(again.map(\.command), [command.id])
            try same(again.map(\.attempt), [2])
        },
        ConformanceCase("an agent that cannot acknowledge gets its commands closed") { store in
            let node = try await registered("n-1", in: store)
            let command = try await issue(store, request(), for: node)
            let closed = try await store.leaseAndClose(
                for: node.key, limit: 5, lease: LeaseID(UUID()), replica: replica)
            try same(closed.map(\.token.command), [command.id])
            try same(try await store.command(command.id).state, .succeeded)
            try same(
                try await store.leaseAndClose(for: node.key, limit: 5, lease: LeaseID(UUID()), replica: replica).count,
                0)
        },
        ConformanceCase("an expired command is not handed out") { store in
            let node = try await registered("n-1", in: store)
            _ = try await issue(store, request(timeToLive: .zero), for: node)
            try same(try await lease(store, node).count, 0)
            try same(try await store.queuedNodes(), [])
        },
    ]

    static let reporting = [
        ConformanceCase("progress and result are stored; the same report again is accepted, another is late (C9, C11)")
        { store in
            let node = try await registered("n-1", in: store)
            let token = try await running(store, node)
            let progress = CommandProgress(percent: 40, message: "reading")
            try same(try await store.reportProgress(progress, of: token, node: node.key), false)
            try same(try await store.command(token.command).progress, progress)
            var result = CommandResult()
            result.exitCode = 3
            result.output = "a\u{0}b \u{1F600}"
            result.json = "{\"a\":1}"
            try await store.complete(token, of: node.key, as: .failed, result: result)
            try await store.complete(token, of: node.key, as: .failed, result: result)
            let ended = try await store.command(token.command)
            try same(ended.state, .failed)
            try same(ended.result, result)
            try await fails(.stale) { [result] in
                try await store.complete(token, of: node.key, as: .succeeded, result: result)
            }
            try same(try await store.command(token.command), ended)
            try await fails(.stale) { try await store.reportProgress(progress, of: token, node: node.key) }
        },
        ConformanceCase("reports of many nodes share a transaction, and each gets its own answer (C9, C11)") { store in
            var good: [(node: Node, token: LeaseToken)] = []
            for index in 1...3 {
                let node = try await registered("n-\(index)", in: store)
                good.append((node, try await running(store, node)))
            }
            var stale = good[1].token
            stale.attempt += 1
            var report = CommandResult()
            report.message = "read errors"
            let result = report
            let foreign = CompletionReport(good[0].token, of: good[1].node.key, as: .succeeded, result: result)
            let none = CompletionReport(good[2].token, of: good[2].node.key, as: .cancelled, result: result)
            let first = CompletionReport(good[0].token, of: good[0].node.key, as: .failed, result: result)
            var other = first
            other.outcome = .succeeded
            let late = CompletionReport(stale, of: good[1].node.key, as: .succeeded, result: result)
            let last = CompletionReport(good[1].token, of: good[1].node.key, as: .succeeded, result: CommandResult())
            let answers = try await store.complete([foreign, none, first, first, other, late, last])
            try same(
                answers.map(code), [.stale, .refused, nil, nil, .stale, .stale, nil])
            try same(try await store.command(good[0].token.command).state, .failed)
            try same(try await store.command(good[1].token.command).result, CommandResult())
            try same(try await store.command(good[2].token.command).state, .running)
            try same(try await store.complete([]).count, 0)
        },
        ConformanceCase("acknowledgements of many nodes share a transaction, and each gets its own answer (C11)") {
            store in
            var batches: [NodeLeases] = []
            for index in 1...3 {
                let node = try await registered("n-\(index)", in: store)
                for _ in 0..<index { _ = try await issue(store, request(), for: node) }
                batches.append(NodeLeases(node: node.key, tokens: try await lease(store, node).map(\.token)))
            }
            let mine = batches.map { $0.tokens.map(\.command) }
            var stale = batches[2]
            stale.tokens[1].attempt += 1
            let stolen = NodeLeases(node: batches[0].node, tokens: batches[1].tokens)
            let answers = try await store.acknowledge(
                [stale, stolen, batches[0], batches[0], batches[1]], duration: .seconds(60))
            try same(answers, [[mine[2][0], mine[2][2]], [], mine[0], mine[0], mine[1]])
            try same(try await store.command(mine[2][1]).state, .leased)
            try same(try await store.acknowledge([batches[2]], duration: .seconds(60)), [mine[2]])
        },
        ConformanceCase("a token that is not the current one changes nothing (C11)") { store in
            let node = try await registered("n-1", in: store)
            let other = try await registered("n-2", in: store)
            let token = try await running(store, node)
            var attempt = token
            attempt.attempt += 1
            var foreign = token
            foreign.lease = LeaseID(UUID())
            for wrong in [attempt, foreign] {
                try same(try await store.acknowledge([wrong], of: node.key, duration: .seconds(60)), [])
                try same(try await store.renew([wrong], of: node.key, duration: .seconds(60)).renewed, [])
                try await fails(.stale) {
                    try await store.complete(wrong, of: node.key, as: .succeeded, result: CommandResult())
                }
            }
            try await fails(.stale) {
                try await store.complete(token, of: other.key, as: .succeeded, result: CommandResult())
            }
            try await fails(.refused) {
                try await store.complete(token, of: node.key, as: .cancelled, result: CommandResult())
            }
            try same(try await store.command(token.command).state, .running)
        },
    ]

    private static func code(_ answer: Result<Void, StoreError>) -> StoreError.Code? {
        if case .failure(let error) = answer { error.code } else { nil }
    }
}
