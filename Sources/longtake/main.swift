print("longtake")
