public import ArgumentParser
public import Timing

extension TimePoint: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }
}
