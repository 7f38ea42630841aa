
ByJ(плL╫ff├?ff├?плL╫GА┌@плL╫q=jюq=jюq=jю═≥>