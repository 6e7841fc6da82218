// SPDX-License-Identifier: MIT

import Connect
import Foundation
import NavarchWire
import Testing

@testable import navarch

struct NodesTests {
    @Test
    func listShowsATable() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1"), node("node-2", status: .cordoned, age: 7_300, reachable: false)]
                state.nodes[1].gpus[0].fake = true
            }
            let run = await navarch("nodes", "list")
            #expect(
                run.out == """
                    NODE ID  PROVIDER  REGION  ZONE   INSTANCE TYPE  STATUS    HEALTH   LAST HEARTBEAT       GPUS
                    n1       gcp       eu-1    eu-1a  a3-high        Active    Healthy  5s ago               1
                    node-2   gcp       eu-1    eu-1a  a3-high        Cordoned  Healthy  2h ago, unreachable  1 (1 fake)

                    """)
            #expect(run.err == "")
            #expect(run.status == .ok)
            #expect(await navarch("list").out == run.out)
            #expect(await navarch("-o", "name", "list").out == "n1\nnode-2\n")
        }
    }

    @Test
    func listAsJSONAndYAMLIsProtobufJSON() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { $0.nodes = [node("n1")] }
            #expect(
                await navarch("nodes", "list", "-o", "json").out == """
                    {
                      "nodes": [
                        {
                          "nodeId": "n1",
                          "provider": "gcp",
                          "region": "eu-1",
                          "zone": "eu-1a",
                          "instanceType": "a3-high",
                          "status": "NODE_STATUS_ACTIVE",
                          "healthStatus": "HEALTH_STATUS_HEALTHY",
                          "lastHeartbeat": "2027-01-15T07:59:55Z",
                          "gpus": [
                            {}
                          ],
                          "reachable": true
                        }
                      ]
                    }

                    """)
            #expect(
                await navarch("get", "n1", "-oyaml").out == """
                    nodeId: n1
                    provider: gcp
                    region: eu-1
                    zone: eu-1a
                    instanceType: a3-high
                    status: NODE_STATUS_ACTIVE
                    healthStatus: HEALTH_STATUS_HEALTHY
                    lastHeartbeat: '2027-01-15T07:59:55Z'
                    gpus:
                    - {}
                    reachable: true

                    """)
        }
    }

    @Test
    func anEmptyListIsAFriendlyLineOnStandardErrorAndStillAValidDocument() async throws {
        try await withScriptedControlPlane { navarch in
            for arguments in [["nodes", "list"], ["commands", "list"], ["instances", "list"], ["replicas", "list"]] {
                let table = await navarch(arguments[0], arguments[1])
                #expect(table.out == "")
                #expect(table.err == "No \(arguments[0]) found\n")
                #expect(table.status == .ok)
                let json = await navarch(arguments[0], arguments[1], "-o", "json")
                #expect(json.out == "{\n  \"\(arguments[0])\": []\n}\n")
                #expect(await navarch(arguments[0], arguments[1], "-o", "yaml").out == "\(arguments[0]): []\n")
            }
        }
    }

    @Test
    func filtersAndTokenTravelToTheControlPlane() async throws {
        try await withScriptedControlPlane { navarch in
            _ = await navarch(
                "list", "--provider", "gcp", "--region", "r", "--zone", "z", "--status", "node_status_draining", "-l",
                "a=b",
                variables: ["NAVARCH_AUTH_TOKEN": "secret"])
            let request = try #require(navarch.plane.now.listed.first)
            #expect(request.provider == "gcp")
            #expect(request.region == "r")
            #expect(request.zone == "z")
            #expect(request.status == .draining)
            #expect(request.labelSelector == "a=b")
            #expect(navarch.plane.now.authorizations == ["Bearer secret"])
            let wrong = await navarch("list", "--status", "busy")
            #expect(wrong.status == .usage)
            #expect(wrong.err.hasPrefix("Error: invalid status: busy\nHint: known are active, cordoned"))
        }
    }

    @Test
    func allPagesAreReadUnlessOneIsAskedFor() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { $0.nodes = (0..<1_500).map { node("n\($0)") } }
            #expect(await navarch("list", "-o", "name").out.split(separator: "\n").count == 1_500)
            let page = await navarch("list", "-o", "json", "--page-size", "2")
            #expect(page.out.contains("\"nextPageToken\": \"2\""))
            #expect(page.err == "There is more: --all, or --page-token 2\n")
            #expect(await navarch("list", "-o", "name", "--page-size", "2", "--page-token", "4").out == "n4\nn5\n")
            #expect(
                await navarch("list", "-o", "name", "--page-size", "700", "--all").out.split(separator: "\n").count
                    == 1_500)
            #expect(await navarch("list", "--page-size", "0").status == .usage)
        }
    }

    @Test
    func getShowsWhatTheOriginalShowsAndMore() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                var full = node("n1")
                full.statusReason = "maintenance"
                full.gpus[0].uuid = "GPU-1"
                full.gpus[0].name = "H100"
                full.gpus[0].memoryTotal = 85_899_345_920
                full.metadata.hostname = "host-1"
                full.metadata.labels = ["pool": "a", "b": "c"]
                var check = Navarch_V1_HealthCheckResult()
                check.checkName = "boot"
                check.status = .healthy
                check.message = "up"
                check.timestamp.seconds = Fixed.now - 61
                full.healthResults = [check]
                state.nodes = [full]
            }
            #expect(
                await navarch("nodes", "get", "n1").out == """
                    Node ID:        n1
                    Provider:       gcp
                    Region:         eu-1
                    Zone:           eu-1a
                    Instance Type:  a3-high
                    Status:         Active
                    Health:         Healthy
                    Last Heartbeat: 5s ago
                    Reason:         maintenance

                    GPUs:
                      GPU 0:
                        UUID:          GPU-1
                        Name:          H100
                        Memory:        80.0 GiB

                    Metadata:
                      Hostname:      host-1

                    Labels:
                      b:             c
                      pool:          a

                    Health checks:
                      CHECK  HEALTH   WHEN    MESSAGE
                      boot   Healthy  1m ago  up

                    """)
        }
    }

    @Test
    func failuresAreToldOnceWithAHintAndAnExitStatus() async throws {
        try await withScriptedControlPlane { navarch in
            let missing = await navarch("get", "nope")
            #expect(missing.err == "Error: failed to get node: not_found: node not found: nope\n")
            #expect(missing.status == .notFound)
            #expect(missing.out == "")
            for (code, status) in [
                (RPCCode.unauthenticated, Status.refused), (.permissionDenied, .refused),
                (.internalError, .failure),
                (.resourceExhausted, .unreachable), (.invalidArgument, .usage), (.failedPrecondition, .refused),
            ] {
                navarch.plane.set { $0.failures["ListNodes"] = [RPCError(code, "because")] }
                let run = await navarch("list")
                #expect(run.status == status)
                #expect(run.err.hasPrefix("Error: failed to list nodes: \(code.name): because\n"))
                #expect(run.err.components(separatedBy: "because").count == 2)
            }
        }
    }

    @Test
    func everyWrongFieldIsListed() async throws {
        try await withScriptedControlPlane { navarch in
            var bad = Google_Rpc_BadRequest()
            for (field, what) in [("label_selector", "is no selector"), ("region", "is too long")] {
                var violation = Google_Rpc_BadRequest.FieldViolation()
                violation.field = field
                violation.description_p = what
                bad.fieldViolations.append(violation)
            }
            let error = RPCError(.invalidArgument, "2 fields are wrong", details: [RPCErrorDetail(bad)])
            navarch.plane.set { $0.failures["ListNodes"] = [error] }
            #expect(
                await navarch("list").err == """
                    Error: failed to list nodes: invalid_argument: 2 fields are wrong
                      label_selector: is no selector
                      region: is too long

                    """)
        }
    }

    @Test
    func anUnreachableControlPlaneIsAStatusOfItsOwn() async throws {
        let plane = CLIBench(plane: ScriptedControlPlane(), address: "http://127.0.0.1:1")
        let run = await plane("list", "--timeout", "5s")
        #expect(run.status == .unreachable)
        #expect(run.err.contains("Hint: is the control plane running there?"))
    }
}
