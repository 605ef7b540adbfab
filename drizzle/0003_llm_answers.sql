CREATE TABLE "llm_answers" (
	"twin_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"content_hash" text NOT NULL,
	"answer" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "llm_answers_twin_id_content_hash_pk" PRIMARY KEY("twin_id","content_hash")
);
--> statement-breakpoint
ALTER TABLE "llm_answers" ADD CONSTRAINT "llm_answers_twin_id_twins_id_fk" FOREIGN KEY ("twin_id") REFERENCES "public"."twins"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "llm_answers" ADD CONSTRAINT "llm_answers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "llm_answers_by_age" ON "llm_answers" USING btree ("created_at");