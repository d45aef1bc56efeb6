import Foundation
import Generation
import Testing

@Suite struct RetryPolicyTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT, the standard's example.
  let example = Date(timeIntervalSince1970: 784_111_777)

  @Test(arguments: [
    "Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994",
  ])
  func parsesDates(_ text: String) {
    #expect(RetryPolicy.retryAfter(text, now: example) == .seconds(60))
  }

  @Test func parsesSeconds() {
    #expect(RetryPolicy.retryAfter(" 120 ") == .seconds(120))
    #expect(RetryPolicy.retryAfter("-1") == nil)
    #expect(RetryPolicy.retryAfter("soon") == nil)
    #expect(RetryPolicy.retryAfter("") == nil)
  }

  @Test func treatsAPastDateAsNow() {
    #expect(RetryPolicy.retryAfter("Sun, 06 Nov 1994 08:00:00 GMT", now: example) == .zero)
  }

  @Test func doublesUpToTheLongestPause() {
    let policy = RetryPolicy(attempts: 99, firstPause: .seconds(1), longestPause: .seconds(8))
    for (failure, middle) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (5, 8), (60, 8)] {
      for _ in 0..<50 {
        let pause = policy.pause(afterFailure: failure)
        #expect(pause >= .seconds(middle * 0.5) && pause <= .seconds(middle * 1.5))
      }
    }
  }

  @Test func neverRetriesBeforeRetryAfter() throws {
    let policy = RetryPolicy(attempts: 3, firstPause: .seconds(1), longestRetryAfter: .seconds(60))
    #expect(try #require(policy.pause(afterFailures: 1, retryAfter: .seconds(30))) >= .seconds(30))
    #expect(policy.pause(afterFailures: 1, retryAfter: .seconds(61)) == nil)
    #expect(policy.pause(afterFailures: 3, retryAfter: nil) == nil)
  }
}
